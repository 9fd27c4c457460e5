-- Keys of the API. Only the SHA-256 of a key is kept; what it may do, for whom, and until when.
create table api_keys (
  id text primary key check (id ~ '^csrd_live_[0-9A-Za-z]{8}$'),
  sha256 bytea not null check (octet_length(sha256) = 32),
  tenant text not null check (tenant ~ '^[A-Za-z0-9._-]{1,63}$'),
  name text not null check (char_length(name) between 1 and 100),
  scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array['read', 'write', 'admin']),
  created_at timestamptz not null default now(),
  created_by text not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  -- The key that this one takes the place of.
  replaces text references api_keys (id)
);
create index api_keys_by_tenant on api_keys (tenant, created_at desc, id);
-- A key has one successor: two rotations at once make one.
create unique index api_keys_one_successor on api_keys (replaces) where replaces is not null;
