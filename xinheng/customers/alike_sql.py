"""The statements that find which customers may be one, over the whole book at once.

Keys of one kind that are equal are a join. Names that are only alike share most of their trigrams:
if at least t of all trigrams are shared, then two names share one among the first n - ⌈t·n⌉ + 1 of
each, counted from the rarest. So each name is looked up by a few rare trigrams instead of being
compared with every other. Worked: t = 0.70, a name of 19 trigrams: its 6 rarest are enough.
A trigram that more than RARE_MAX names share is not looked up (上海 and 贸易 tell nothing).
That costs recall in a large book: of 100,000 made-up names 50 takes 4 s, 100 takes 14 s and finds
1,653 against 2,144 pairs.
"""

from __future__ import annotations

from typing import Final

GROUP_MAX: Final = 20  # larger groups are paired with their oldest member only
RARE_MAX: Final = 50
PAIRS_MAX: Final = 5_000

TABLES: Final = (
    "create temp table alike_key (customer_id bigint, kind text, source text, key text)"
    " on commit drop",
    "create temp table alike_found (one bigint, other bigint, reason text, value text,"
    " score int) on commit drop",
)
COPY_KEYS: Final = "copy alike_key (customer_id, kind, source, key) from stdin"
READY: Final = ("create index on alike_key (kind, key)", "analyze alike_key")

# Equal numbers and equal names; the name of one may be another spelling of the other.
EQUAL: Final = """
    insert into alike_found
    with groups as (
        select kind, key, count(distinct customer_id) as n, min(customer_id) as first
        from alike_key group by 1, 2 having count(distinct customer_id) > 1)
    select a.customer_id, b.customer_id,
           case when g.kind <> 'name' then g.kind
                when a.source = 'name' and b.source = 'name' then 'name' else 'other_name' end,
           case when g.kind <> 'name' then g.key else '' end, 0
    from groups g join alike_key a using (kind, key) join alike_key b using (kind, key)
    where a.customer_id < b.customer_id and (g.n <= %(group)s or a.customer_id = g.first)"""

# One customer stands for all with the same key; the others are found by EQUAL.
GRAMS: Final = (
    """create temp table alike_name on commit drop as
       select min(customer_id) as customer_id, key from alike_key
       where source = 'name' and length(key) >= 4 group by key""",
    """create temp table alike_gram on commit drop as
       select customer_id, unnest(show_trgm(key)) as gram from alike_name""",
    "analyze alike_gram",
    """create temp table alike_rare on commit drop as
       with counted as (select gram, count(*) as held from alike_gram group by 1),
       placed as (
           select customer_id, gram, held,
                  row_number() over (partition by customer_id order by held, gram) as place,
                  count(*) over (partition by customer_id) as n
           from alike_gram join counted using (gram))
       select customer_id, gram from placed
       where place <= n - ceil(%(alike)s * n) + 1 and held between 2 and %(rare)s""",
    "create index on alike_rare (gram, customer_id)",
    "create unique index on alike_name (customer_id)",
    "analyze alike_rare",
    "analyze alike_name",
)
ALIKE: Final = """
    insert into alike_found
    with candidate as (
        select distinct a.customer_id as one, b.customer_id as other
        from alike_rare a join alike_rare b on a.gram = b.gram and a.customer_id < b.customer_id)
    select one, other, 'alike', round(close::numeric, 2)::text, (close * 1000)::int
    from (select c.one, c.other, similarity(a.key, b.key) as close from candidate c
          join alike_name a on a.customer_id = c.one
          join alike_name b on b.customer_id = c.other) compared
    where close >= %(alike)s"""

# Two companies with a USCC of their own each are two, however alike their names are.
NOT_TWO: Final = """
    delete from alike_found f using alike_key a, alike_key b
    where a.kind = 'uscc' and b.kind = 'uscc' and a.customer_id = f.one
      and b.customer_id = f.other and a.key <> b.key
      and not exists (select 1 from alike_found same where same.one = f.one
          and same.other = f.other and same.reason in ('uscc', 'lei', 'duns', 'vat'))"""

KEEP: Final = """
    with scored as (
        select one, other, max(case when reason = 'alike' then score
                               else (%(scores)s::jsonb ->> reason)::int end) as score,
               jsonb_agg(distinct jsonb_build_array(reason, value)) as reasons
        from alike_found group by 1, 2 order by 3 desc, 1, 2 limit %(pairs)s),
    gone as (
        delete from customers_alikepair p where p.different_at is null and not exists
            (select 1 from scored s where s.one = p.one_id and s.other = p.other_id))
    insert into customers_alikepair as kept
        (one_id, other_id, score, reasons, found_at, different_reason, different_by)
    select one, other, score, reasons, %(at)s, '', '' from scored
    on conflict (one_id, other_id) do update
        set score = excluded.score, reasons = excluded.reasons, found_at = excluded.found_at
        where kept.different_at is null
          and (kept.score, kept.reasons) is distinct from (excluded.score, excluded.reasons)"""
