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

// -- answers
inline constexpr std::size_t kPageSize = 100;               // items of one page of a list
inline constexpr std::size_t kMaxCompletions = 100;         // values of one completion (the specification's bound)

}  // namespace v0
}  // namespace sumun
