-- Read under a lock that stops nobody; after this a null can no longer be.
alter table reports validate constraint reports_files_state, validate constraint reports_files_state_said;
