-- The valid constraint proves it, so that the table is not read again while readers wait.
alter table reports alter column files_state set not null, drop constraint reports_files_state_said;
