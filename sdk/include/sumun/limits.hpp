// SPDX-License-Identifier: Apache-2.0
// The bounds on everything that a peer sends, by name. Each says what it guards against.
#pragma once
#include <chrono>
#include <cstddef>

namespace sumun {
inline namespace v0 {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// -- a message
inline constexpr std::size_t kMaxMessageBytes = 16 * kMiB;  // one message on any transport: memory
inline constexpr std::size_t kMaxJsonDepth = 128;           // nesting of arrays and objects: the stack of whoever walks it
inline constexpr std::size_t kMaxJsonValues = 1'000'000;    // values in one text: "[],[],…" takes thirty times its length in memory
inline constexpr std::size_t kMaxIdBytes = 1 * kKiB;        // a string request id: it is kept while the request runs
inline constexpr std::size_t kMaxBatch = 256;               // members of a 2025-03-26 batch
inline constexpr std::size_t kMaxNameBytes = 256;           // a tool's or prompt's name
inline constexpr std::size_t kMaxUriBytes = 8 * kKiB;       // a resource URI

// -- a connection
inline constexpr std::size_t kMaxOutputBytes = 1 * kMiB;    // waiting to be written; above it reading stops
inline constexpr std::size_t kMaxWaitingBytes = 4 * kMiB;   // requests that wait for a worker; above it they are refused (busy)
inline constexpr std::size_t kEaseWaitingBytes = 128 * kKiB;  // above it the reader eases
inline constexpr std::size_t kMaxPeerRequests = 100;        // our own requests that the peer has not answered; the oldest fails
inline constexpr std::size_t kMaxSubscriptions = 64;        // open subscriptions/listen requests
inline constexpr std::size_t kMaxSubscribedUris = 1024;     // resource URIs of all of them, and of resources/subscribe
inline constexpr std::chrono::milliseconds kEaseLimit{2};   // the longest pause that Flow::ease means
inline constexpr std::chrono::milliseconds kCloseLimit{500};  // how long closing waits for the peer to take what is queued

// -- a call
inline constexpr std::size_t kMaxRequestStateBytes = 16 * kKiB;  // sealed state that a client carries between rounds
inline constexpr std::chrono::minutes kRequestStateLife{60};     // how long a round may take the person who answers
inline constexpr std::chrono::minutes kAskLimit{10};             // how long a pushed question waits (legacy revisions)
inline constexpr std::size_t kMaxOnceBytes = 64 * kKiB;          // what Call::once keeps for one call
inline constexpr std::size_t kMaxRememberedCalls = 10000;        // calls whose rounds the in-memory store keeps
inline constexpr std::size_t kMaxRememberedBytes = 64 * kMiB;    // their answers and values together
inline constexpr std::size_t kMaxBlockedWorkers = 64;            // extra workers while handlers wait for answers

// -- what a client takes from a server
inline constexpr std::size_t kMaxWaitingRequests = 10000;  // requests of ours without an answer; one more is refused (busy)
inline constexpr std::size_t kMaxPushedRequests = 32;      // questions of a legacy server that are open at once
inline constexpr std::size_t kMaxInputRounds = 16;         // rounds of one call that ends in input_required again and again
inline constexpr std::size_t kMaxListPages = 1000;         // pages of one list that are collected
inline constexpr std::size_t kMaxListItems = 100000;       // items of one list that are collected

// -- what an HTTP client takes from a server
inline constexpr std::size_t kMaxUrlBytes = 8 * kKiB;                // a URL that we connect to
inline constexpr std::size_t kMaxResponseHeaderBytes = 64 * kKiB;    // the status line and the headers of one answer
inline constexpr std::size_t kMaxFetchedBytes = 4 * kMiB;            // a body that is fetched whole, unless told otherwise
inline constexpr std::chrono::milliseconds kFetchLimit{30'000};      // one request and its answer, unless told otherwise
inline constexpr std::size_t kMaxIdleConnections = 16;               // kept to be used again
inline constexpr std::chrono::seconds kIdleConnectionLife{10};       // servers close theirs after a while, we before them
inline constexpr std::size_t kMaxSessionIdBytes = 1 * kKiB;          // the id of a session before 2026-07-28: it goes with every request
inline constexpr std::chrono::milliseconds kReconnectWait{1'000};    // before a stream is taken up again, unless the server says otherwise
inline constexpr std::size_t kMaxReconnects = 10;                    // in a row that brought no event
inline constexpr std::size_t kMaxReconnectDoublings = 5;             // of that wait

// -- what an HTTP server takes from its clients (the defaults of HttpLimits)
inline constexpr std::size_t kMaxHttpHeaderBytes = 16 * kKiB;  // request line and headers of one request
inline constexpr std::size_t kMaxHttpFields = 100;             // headers of one request
inline constexpr std::size_t kMaxHttpConnections = 16'384;     // open connections: descriptors
inline constexpr std::size_t kMaxHttpWaiting = 4'096;          // requests being answered: the workers' queue
inline constexpr std::size_t kMaxHttpBuffered = 256 * kMiB;    // bodies that are still coming in, together
inline constexpr std::size_t kMaxHttpAnswering = 64 * kMiB;    // bodies of the requests being answered, together: as JSON each takes a multiple
inline constexpr std::size_t kMaxHttpPipelined = 64 * kKiB;    // requests behind the one being answered; then reading stops
inline constexpr std::size_t kMaxHttpStreams = 1'024;          // open streams of one principal
inline constexpr std::size_t kMaxHttpSessions = 10'000;        // sessions of revisions before 2026-07-28

// -- a session over HTTP (revisions before 2026-07-28)
inline constexpr std::chrono::milliseconds kHttpOpening{60'000};   // so long it may be idle before notifications/initialized
inline constexpr std::size_t kMaxHttpSessionsOfPrincipal = 1'000;  // of one principal
inline constexpr std::size_t kMaxHttpSessionCalls = 256;           // POSTs of one session that are being answered
inline constexpr std::size_t kMaxHttpSessionListeners = 8;         // GET streams of one session; one more ends the oldest
inline constexpr std::size_t kMaxHttpKeptBytes = 256 * kKiB;       // events that one session keeps for who comes back
inline constexpr std::size_t kMaxHttpKeptInAll = 256 * kMiB;       // those of all sessions
inline constexpr std::chrono::milliseconds kHttpRetry{1'000};      // after which a client should come back
inline constexpr std::chrono::milliseconds kHttpPatience{5'000};   // for an answer; then it becomes a stream

// -- tasks
inline constexpr std::size_t kMaxTasks = 10000;                     // that the in-memory store keeps: running and until their TTL
inline constexpr std::size_t kMaxTasksPerPrincipal = 1000;          // of them, one caller's
inline constexpr std::size_t kMaxTaskBytes = 64 * kMiB;             // their results, questions and messages together
inline constexpr std::size_t kMaxSubscribedTasks = 1024;            // task ids of one connection's subscriptions
inline constexpr std::size_t kMaxStatusMessageBytes = 1 * kKiB;     // what progress leaves as statusMessage; more is cut
inline constexpr std::chrono::minutes kTaskTtl{60};                 // how long a task and its result are kept, from creation
inline constexpr std::chrono::milliseconds kTaskPollInterval{1000}; // how often a client should look

// -- a store that outlives the process
inline constexpr std::chrono::milliseconds kStoreWait{5'000};       // for a lock, or for a database that is away
inline constexpr std::chrono::milliseconds kStoreLease{30'000};     // a host that has not said so for this long is gone
inline constexpr std::chrono::milliseconds kStoreSweep{60'000};     // between two looks for what has expired
inline constexpr std::size_t kMaxStoreQueue = 10000;                // operations that wait; one more is refused (busy)
inline constexpr std::size_t kMaxStoredCalls = 1'000'000;           // calls whose rounds are kept, kRequestStateLife after the last
inline constexpr std::size_t kMaxStoredCallBytes = 1024 * kMiB;     // their answers and values together
inline constexpr std::size_t kMaxStoredTasks = 1'000'000;           // tasks, until their TTL
inline constexpr std::size_t kMaxStoredTaskBytes = 1024 * kMiB;     // what is kept of them together

// -- approvals and the audit log
inline constexpr std::chrono::seconds kApprovalHold{45};            // how long a request waits for people: clients give up at 60
inline constexpr std::chrono::minutes kReplayWindow{10};            // the same call again gets the stored answer of the one before
inline constexpr std::chrono::milliseconds kApprovalPoll{250};      // between two looks at an approval that a request waits for
inline constexpr std::size_t kMaxPendingApprovals = 1000;           // of one principal; one more is refused (busy)
inline constexpr std::size_t kMaxStoredApprovals = 1'000'000;       // of all, ended ones included; those go first
inline constexpr std::size_t kMaxReplayBytes = 1 * kMiB;            // of a stored result; a larger one is not repeated
inline constexpr std::chrono::hours kApprovalRetention{24 * 90};    // an approval that has ended
inline constexpr int kMaxUrlRounds = 5;                             // retries of one call that wait for a page (2026-07-28)
inline constexpr std::size_t kMaxReasonBytes = 4 * kKiB;            // what a person says with a decision
inline constexpr std::size_t kMinPasswordBytes = 8;                 // of an approver
inline constexpr std::size_t kMaxPasswordBytes = 1 * kKiB;
inline constexpr int kPasswordTries = 5;                            // wrong ones in a row; then the next waits, twice as long each time
inline constexpr std::chrono::milliseconds kAuditDelay{100};        // within which reads are in the log
inline constexpr std::chrono::hours kAuditRetention{24 * 365};      // then `sumun audit export` may have it
inline constexpr std::chrono::seconds kAuditHeadInterval{60};       // between two signed heads
inline constexpr std::size_t kMaxAuditWaiting = 100'000;            // records that nobody waits for, not written yet; more are lost, and counted
inline constexpr std::size_t kMaxRememberedRecords = 10'000;        // of the log, where it is kept in memory
inline constexpr std::chrono::milliseconds kPasswordWait{1'000};    // after the last of the wrong passwords; twice as long each time
inline constexpr std::chrono::milliseconds kMaxPasswordWait{3'600'000};

// -- who calls over HTTP
inline constexpr std::size_t kMaxTokenBytes = 8 * kKiB;          // an access token
inline constexpr std::size_t kMaxProofBytes = 8 * kKiB;          // a DPoP proof
inline constexpr std::size_t kMaxClaimDepth = 16;                // nesting inside a token or a key set
inline constexpr std::size_t kMaxClaimValues = 4000;             // values inside either
inline constexpr std::size_t kMaxPrincipalBytes = 256;           // the name of a principal, group or scope
inline constexpr std::size_t kMaxGroups = 256;                   // groups of one token; the same for scopes and audiences
inline constexpr std::size_t kMaxKeySetBytes = 256 * kKiB;       // what an authorization server sends
inline constexpr std::size_t kMaxIssuerKeys = 64;                // keys of one authorization server
inline constexpr int kMinRsaBits = 2048;                         // RFC 7518, section 3.3
inline constexpr int kMaxRsaBits = 8192;                         // above it checking a signature costs milliseconds
inline constexpr std::size_t kMaxVerifiedTokens = 16384;         // tokens that need not be checked again
inline constexpr std::size_t kMaxProofs = 262144;                // proofs remembered so that none is used twice; then busy
inline constexpr std::size_t kMaxProofsOfKey = 32768;            // of them, those by one key
inline constexpr std::chrono::seconds kProofLife{60};            // how old a proof may be, beside the clock skew
inline constexpr std::chrono::seconds kKeyLife{300};             // keys are fetched again after it
inline constexpr std::chrono::seconds kKeyMaxLife{3600};         // keys that could not be fetched again are dropped after it
inline constexpr std::chrono::seconds kKeyFetchInterval{2};      // between two fetches: tokens with invented key ids
inline constexpr std::chrono::seconds kKeyRetryInterval{5};      // after one that failed
inline constexpr std::chrono::seconds kKeyFetchLimit{10};        // the whole of one, discovery included

// -- answers
inline constexpr std::size_t kPageSize = 100;               // items of one page of a list
inline constexpr std::size_t kMaxCompletions = 100;         // values of one completion (the specification's bound)

}  // namespace v0
}  // namespace sumun
