create index concurrently idempotency_keys_by_age on idempotency_keys (created_at);
