// SPDX-License-Identifier: Apache-2.0
// The parts of the server `everything`; each registers what its file is named after.
#pragma once
#include <sumun/sumun.hpp>

#include <chrono>
#include <string_view>

/// A red PNG of one pixel and a WAV of four samples, as base64.
inline constexpr std::string_view kPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
inline constexpr std::string_view kWav = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAOgDAAAY/A==";
inline constexpr const char* kWatchedUri = "test://watched-resource";

/// Waits as a handler should: it ends early, with false, when nobody waits for the call any more.
bool pause(sumun::Call& call, std::chrono::milliseconds time);

void add_tools(sumun::Server& server);
void add_questions(sumun::Server& server);
void add_tasks(sumun::Server& server);
void add_resources(sumun::Server& server);
void add_prompts(sumun::Server& server);
