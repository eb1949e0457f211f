"""Triggers: an entry is never changed, a tile only lengthens; and the first, empty head."""

from django.db import migrations

APPEND_ONLY = """
create function ledger_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% on % refused: the ledger only grows', tg_op, tg_table_name
    using errcode = 'restrict_violation',
          hint = 'A mistake is corrected by a further entry, never by changing one.';
end $$;

create trigger ledger_entry_append_only before update or delete on ledger_entry
  for each row execute function ledger_refuse_change();
create trigger ledger_checkpoint_append_only before update or delete on ledger_checkpoint
  for each row execute function ledger_refuse_change();
create trigger ledger_tile_keep before delete on ledger_tile
  for each row execute function ledger_refuse_change();

create function ledger_tile_lengthens() returns trigger language plpgsql as $$
begin
  if new.lvl <> old.lvl or new.n <> old.n or new.w < old.w
     or substring(new.h from 1 for 32 * old.w) <> old.h then
    raise exception 'tile %/% may only lengthen', old.lvl, old.n
      using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger ledger_tile_only_lengthens before update on ledger_tile
  for each row execute function ledger_tile_lengthens();

alter table ledger_tile add constraint ledger_tile_length check (octet_length(h) = w * 32);
alter table ledger_entry add constraint ledger_entry_leaf
  check (octet_length(leaf) between 1 and 65535);
alter table ledger_pendingentry add constraint ledger_pending_leaf
  check (octet_length(leaf) between 1 and 65535);
alter table ledger_head add constraint ledger_head_root check (octet_length(root) = 32);
alter table ledger_checkpoint add constraint ledger_checkpoint_root
  check (octet_length(root) = 32);

-- Random hashes and ciphertext don't compress: spare the attempt.
alter table ledger_entry alter column leaf set storage external;
alter table ledger_pendingentry alter column leaf set storage external;
alter table ledger_disclosure alter column sealed set storage external;
alter table ledger_tile alter column h set storage external;

insert into ledger_head (one, size, root, epoch) values (true, 0, sha256(''), 0);
"""

TAKE_BACK = """
drop trigger ledger_tile_only_lengthens on ledger_tile;
drop trigger ledger_tile_keep on ledger_tile;
drop trigger ledger_checkpoint_append_only on ledger_checkpoint;
drop trigger ledger_entry_append_only on ledger_entry;
drop function ledger_tile_lengthens();
drop function ledger_refuse_change();
alter table ledger_tile drop constraint ledger_tile_length;
alter table ledger_entry drop constraint ledger_entry_leaf;
alter table ledger_pendingentry drop constraint ledger_pending_leaf;
alter table ledger_head drop constraint ledger_head_root;
alter table ledger_checkpoint drop constraint ledger_checkpoint_root;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(APPEND_ONLY, TAKE_BACK)]
