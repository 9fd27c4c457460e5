-- Ended reports whose files are here, oldest first: what retention looks at.
create index concurrently reports_kept on reports (finished_at) where finished_at is not null and files_state is distinct from 'deleted';
