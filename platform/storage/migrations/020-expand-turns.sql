-- Whose turn a report has among all tenants': the queue takes the lowest first, so that one tenant's many reports do not keep another's waiting.
alter table reports add column turn int not null default 1;
