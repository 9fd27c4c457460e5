-- backfill: table=reports key=id batch=500 rate=2000
-- left: select exists (select from reports where files_state is null)
update reports set files_state = 'here' where id between $1 and $2 and files_state is null
