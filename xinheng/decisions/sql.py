"""The room's set-based writes. Bytes of all rows travel as one parameter and are cut up by offsets
in SQL: a list of bytea costs several times as much to bind.
"""

ADD_DECISIONS = """
with rows as (
  select * from unnest(%s::uuid[], %s::text[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::int[], %s::int[],
    %s::int[], %s::int[])
    with ordinality as r(id, order_ref, version, customer_id, line_id, amount, currency, outcome,
      reservation_id, entry_id, point, document, start, facts_len, order_len, answer_len, o)
)
insert into decisions_decision (id, order_ref, version, customer_id, line_id, amount_minor,
  currency, outcome, request_sha256, facts, order_bytes, answer, policy_id, requested_by,
  person_id, decided_at, reservation_id, entry_id, point, document)
select id, order_ref, version, customer_id, line_id, amount, currency, outcome,
  substring(b.bytes from start for 32), substring(b.bytes from start + 32 for facts_len),
  substring(b.bytes from start + 32 + facts_len for order_len),
  substring(b.bytes from start + 32 + facts_len + order_len for answer_len),
  %s::bigint, %s::text, %s::bigint, %s::timestamptz, reservation_id, entry_id,
  point, document
from rows, (select %s::bytea as bytes) b order by o
"""

ADD_HOLDS = """
insert into decisions_hold (decision_id, customer_id, kind, codes, state, opened_at, due_at,
  codes_left, forced, reason)
select decision_id, customer_id, kind, codes, 'waiting', %s::timestamptz, %s::timestamptz, codes,
  forced, ''
from unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[], %s::bool[])
  as h(decision_id, customer_id, kind, codes, forced)
"""

SUPERSEDE_HOLDS = """
update decisions_hold set state = 'superseded', ended_at = %s::timestamptz
where state = 'waiting' and decision_id = any(%s::uuid[])
"""
