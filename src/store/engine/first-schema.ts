import { genesis } from '../../audit/chain';

/**
 * Every table and index, one statement after the other. Types are those that both engines know: instants are bigint, values that no
 * query looks into are JSON text. `$identity` is a key that the database counts up. Whatever is removed is found by an index, and so is what a reference holds.
 */
export const firstSchema = `
create table requests (
  seq $identity,
  id text not null unique,
  version integer not null,
  tenant_id text not null,
  machine_id text not null,
  requester_id text not null,
  conversation_id text not null,
  incident text,
  state text not null,
  state_since bigint not null,
  wake_at bigint,
  approved_at bigint,
  not_before bigint,
  hold text,
  rests_until bigint,
  batch_id text references requests (id),
  body text not null
);
create index requests_incident on requests (incident, seq) where incident is not null;
create index requests_tenant_id on requests (tenant_id, seq);
create index requests_batch_id on requests (batch_id, seq) where batch_id is not null;
create index requests_machine_id on requests (machine_id, seq);
create index requests_requester_id on requests (requester_id, seq);
create index requests_conversation_id on requests (conversation_id, seq);
create index requests_state on requests (state, seq);
create index requests_state_since on requests (state, state_since);
create index requests_wake_at on requests (wake_at) where wake_at is not null;
create index requests_rests_until on requests (rests_until) where rests_until is not null;

create table work (
  id $identity,
  request_id text references requests (id),
  type text not null,
  ordering_key text,
  card_id bigint,
  due_at bigint not null,
  first_due_at bigint not null,
  body text not null,
  claims integer not null,
  lease_token text,
  lease_until bigint,
  ended_at bigint,
  outcome text,
  problem text,
  apart integer not null default 0
);
create index work_due_at on work (due_at, id) where ended_at is null;
create index work_ordering_key on work (ordering_key, id) where ended_at is null;
create index work_card_id on work (card_id) where ended_at is null;
create index work_first_due_at on work (first_due_at, type) where ended_at is null;
create index work_ended on work (outcome, ended_at, type) where ended_at is not null;
create index work_request_id on work (request_id) where request_id is not null;

create table cards (
  id $identity,
  request_id text not null references requests (id),
  audience text not null,
  person_id text,
  conversation_id text,
  activity_id text,
  lost integer not null default 0
);
create index cards_request_id on cards (request_id);
create index cards_lost on cards (conversation_id, person_id) where lost = 1;

create table vote_tokens (
  token_hash text primary key,
  request_id text not null references requests (id),
  card_id bigint not null references cards (id),
  digest text not null
);
create index vote_tokens_request_id on vote_tokens (request_id);
create index vote_tokens_card_id on vote_tokens (card_id);

create table conversations (
  conversation_id text primary key,
  tenant_id text not null,
  scope text not null,
  reference text not null,
  person_id text,
  proven integer not null default 0,
  idle_since bigint
);

create table personal_chats (
  person_id text primary key,
  conversation_id text not null references conversations (conversation_id)
);

create table results (
  request_id text not null references requests (id),
  command_index integer not null,
  body text not null,
  primary key (request_id, command_index)
);

create table evidence_files (
  path text not null,
  request_id text not null,
  command_index integer not null,
  primary key (path, request_id, command_index)
);
create index evidence_files_request_id on evidence_files (request_id);

create table evidence_leaving (
  path text primary key,
  noted_at bigint not null,
  kept_at bigint
);

create table submissions (
  request_id text not null references requests (id),
  attempt integer not null,
  at bigint not null,
  answered_at bigint,
  answer text,
  primary key (request_id, attempt)
);
create index submissions_at on submissions (at);

create table reviews (
  request_id text primary key references requests (id),
  tenant_id text not null,
  rule text not null,
  opened_at bigint not null,
  closed_at bigint,
  opinions integer not null,
  body text not null
);
create index reviews_open on reviews (tenant_id, rule) where closed_at is null;

create table round_up_news (
  id $identity,
  conversation_id text not null,
  request_id text not null references requests (id),
  at bigint not null,
  body text not null
);
create index round_up_news_conversation_id on round_up_news (conversation_id, at);

create table activities (
  id text primary key,
  at bigint not null
);
create index activities_at on activities (at);

create table facts (
  name text primary key,
  value text not null
);

create table rates (
  key text primary key,
  body text not null,
  forget_at bigint not null
);
create index rates_forget_at on rates (forget_at);

create table durations (
  name text not null,
  outcome text not null,
  le_ms bigint not null,
  count bigint not null,
  sum_ms bigint not null,
  primary key (name, outcome, le_ms)
);

create table pruned_requests (
  id text primary key,
  tenant_id text not null,
  conversation_id text not null,
  ended_at bigint not null,
  pruned_at bigint not null
);

create table pruned_cards (
  conversation_id text not null,
  activity_id text not null,
  request_id text not null,
  primary key (conversation_id, activity_id)
);

create table audit (
  seq bigint primary key,
  at bigint not null,
  request_id text,
  actor text not null,
  what text not null,
  detail text not null,
  salt text not null,
  previous_hash text not null,
  hash text not null
);
create index audit_request_id on audit (request_id, seq);
create index audit_anchored on audit (seq) where what = 'anchored';

create table audit_head (
  id integer primary key,
  seq bigint not null,
  hash text not null
);
insert into audit_head (id, seq, hash) values (1, ${genesis.seq}, '${genesis.hash}');
`;
