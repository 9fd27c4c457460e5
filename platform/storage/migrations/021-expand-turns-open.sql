-- Finds the last turn of a tenant, and the lowest that waits, among the reports that are not finished.
create index concurrently reports_open_turns on reports (owner, turn) where status in ('queued', 'running', 'waiting');
