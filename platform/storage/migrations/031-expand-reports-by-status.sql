-- A tenant's reports of one status, a page at a time.
create index concurrently reports_by_owner_status on reports (owner, status, accepted_at desc, id desc);
