// SPDX-License-Identifier: Apache-2.0
// All that the author of a tool needs.
#pragma once
#include <sumun/call.hpp>
#include <sumun/field.hpp>
#include <sumun/run.hpp>
#include <sumun/server.hpp>
