create index concurrently audit_log_newest on audit_log (at);
