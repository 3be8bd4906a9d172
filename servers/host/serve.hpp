// SPDX-License-Identifier: Apache-2.0
// The server that this program is: its modules under the configuration's policy.
#pragma once
#include "config.hpp"

#include <sumun/server.hpp>

#include <filesystem>
#include <memory>

namespace sumun::host {

/// Not served yet. `index` = the index file; empty = the configuration's.
std::unique_ptr<Server> make_server(const Config& config, const std::filesystem::path& index, LogSink log);

}  // namespace sumun::host
