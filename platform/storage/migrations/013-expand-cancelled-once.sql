create unique index concurrently report_events_cancelled_once on report_events (report_id) where kind = 'cancelled';
