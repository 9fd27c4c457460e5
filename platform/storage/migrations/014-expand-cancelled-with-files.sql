create index concurrently reports_cancelled_with_files on reports (id) where status = 'cancelled' and files_dropped_at is null;
