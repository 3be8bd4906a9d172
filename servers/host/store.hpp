// SPDX-License-Identifier: Apache-2.0
// The store as the configuration has it.
#pragma once
#include "config.hpp"

#include <sumun/log.hpp>
#include <sumun/store.hpp>

#include <filesystem>
#include <memory>

namespace sumun::host {

/// sumun/store.db in the state folder: $XDG_STATE_HOME, or ~/.local/state.
std::filesystem::path default_store_path();

/// The store of a configuration, or SQLite's file `other` of another program where one is named.
StoreChoice choice_of(const StoreChoice& configured, const std::filesystem::path& other);

/// Null = in memory. Nothing is opened yet.
std::shared_ptr<Store> open_store(const StoreChoice& choice, LogSink log);

}  // namespace sumun::host
