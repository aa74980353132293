import type { Generated, Kysely } from 'kysely';

/** A database or a transaction in it. */
export type Db = Kysely<Tables>;

/** Rows as they lie on disk: instants are epoch milliseconds, whole values are JSON text beside the columns that queries need. */
export interface Tables {
  requests: RequestsTable;
  work: WorkTable;
  cards: CardsTable;
  vote_tokens: VoteTokensTable;
  conversations: ConversationsTable;
  personal_chats: PersonalChatsTable;
  results: ResultsTable;
  submissions: SubmissionsTable;
  activities: ActivitiesTable;
  facts: FactsTable;
  rates: RatesTable;
  reviews: ReviewsTable;
  durations: DurationsTable;
  pruned_requests: PrunedRequestsTable;
  pruned_cards: PrunedCardsTable;
  evidence_files: EvidenceFilesTable;
  evidence_leaving: EvidenceLeavingTable;
  round_up_news: RoundUpNewsTable;
  audit: AuditTable;
  audit_head: AuditHeadTable;
}

export interface RequestsTable {
  /** Order of creation; instants may be equal. */
  seq: Generated<number>;
  id: string;
  version: number;
  tenant_id: string;
  machine_id: string;
  requester_id: string;
  conversation_id: string;
  /** `incidentKey(incidentOf(request))`. */
  incident: string | null;
  state: string;
  /** `wakeAt(request)`. */
  wake_at: number | null;
  /** While it waits in the queue, what admission decides by. */
  approved_at: number | null;
  not_before: number | null;
  hold: string | null;
  /** `restsUntil(request)`. */
  rests_until: number | null;
  /** Of a target, its batch. */
  batch_id: string | null;
  /** `sinceOf(request)`. */
  state_since: number;
  body: string;
}

export interface WorkTable {
  id: Generated<number>;
  request_id: string | null;
  type: string;
  /** Rows with the same key are done one after the other, oldest first; null: no order with others. */
  ordering_key: string | null;
  /** Of a sendCard, so that updates of one card can be coalesced. */
  card_id: number | null;
  due_at: number;
  /** As it was added; later tries move `due_at` only. */
  first_due_at: number;
  body: string;
  claims: number;
  lease_token: string | null;
  lease_until: number | null;
  /** Null while undone. A column of its own rather than a state, since partial indexes need a condition without a parameter. */
  ended_at: number | null;
  /** `done` or `givenUp` once ended. */
  outcome: string | null;
  /** Why the last attempt did not work. */
  problem: string | null;
  /** 1: it has failed so often that only its own request waits for it, not all with its key. */
  apart: Generated<number>;
}

export interface CardsTable {
  id: Generated<number>;
  request_id: string;
  audience: string;
  person_id: string | null;
  conversation_id: string | null;
  activity_id: string | null;
  /** 1: it was given up, and is drawn once its conversation can be reached again. */
  lost: Generated<number>;
}

export interface VoteTokensTable {
  token_hash: string;
  request_id: string;
  card_id: number;
  digest: string;
}

export interface ConversationsTable {
  conversation_id: string;
  tenant_id: string;
  scope: string;
  reference: string;
  person_id: string | null;
  /** 1: something that was sent there has arrived. */
  proven: Generated<number>;
  /** Since when the retention has seen nothing that needs it; null again as soon as somebody writes there. */
  idle_since: number | null;
}

/** The personal chat that a person used last. */
export interface PersonalChatsTable {
  person_id: string;
  conversation_id: string;
}

export interface ResultsTable {
  request_id: string;
  command_index: number;
  body: string;
}

export interface SubmissionsTable {
  request_id: string;
  attempt: number;
  at: number;
  answered_at: number | null;
  answer: string | null;
}

export interface ActivitiesTable {
  id: string;
  at: number;
}

export interface ReviewsTable {
  request_id: string;
  tenant_id: string;
  rule: string;
  opened_at: number;
  closed_at: number | null;
  /** How many, for compare-and-swap. */
  opinions: number;
  body: string;
}

/** A histogram that survives restarts: how many took longer than the bucket below and at most `le_ms`. */
export interface DurationsTable {
  name: string;
  outcome: string;
  le_ms: number;
  count: number;
  sum_ms: number;
}

/** What is left of a request that the retention removed: its id is never given again, and who asks for it is told. */
export interface PrunedRequestsTable {
  id: string;
  tenant_id: string;
  conversation_id: string;
  ended_at: number;
  pruned_at: number;
}

/** The messages that showed it, since people may still click on them. */
export interface PrunedCardsTable {
  conversation_id: string;
  activity_id: string;
  request_id: string;
}

/** Which result refers to which file of the evidence folder; several may to one. */
export interface EvidenceFilesTable {
  path: string;
  request_id: string;
  command_index: number;
}

/** Files that no result refers to any more, until they are removed a day later. */
export interface EvidenceLeavingTable {
  path: string;
  noted_at: number;
  /** When the file was last kept, by its time stamp; null until that was read. */
  kept_at: number | null;
}

export interface RoundUpNewsTable {
  id: Generated<number>;
  conversation_id: string;
  request_id: string;
  at: number;
  body: string;
}

export interface FactsTable {
  name: string;
  value: string;
}

/** How fast somebody was called lately, by key; for the rates that all replicas share. */
export interface RatesTable {
  key: string;
  body: string;
  /** From then on the row says nothing any more. */
  forget_at: number;
}

export interface AuditTable {
  seq: number;
  at: number;
  request_id: string | null;
  actor: string;
  what: string;
  detail: string;
  salt: string;
  previous_hash: string;
  hash: string;
}

/** One row: updating it makes writers of the chain take turns on every engine. */
export interface AuditHeadTable {
  id: number;
  seq: number;
  hash: string;
}
