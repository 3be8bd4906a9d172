// SPDX-License-Identifier: Apache-2.0
// Asks a person what a server wants to know: a form field by field, or a page to be opened.
#pragma once
#include <sumun/types.hpp>

#include <iosfwd>
#include <string_view>

namespace sumun::host {

/// Asks for every field of the form, checks each answer against its schema, shows the whole and sends it only when told so.
/// End of input cancels. `server` is who asks, as it calls itself.
/// Spec: 2026-07-28 client/elicitation, Form Mode: who asks is shown, the answer can be reviewed, declined and cancelled.
ElicitResult ask_form(std::istream& in, std::ostream& out, std::string_view server, const ElicitRequestFormParams& form);

/// Shows the whole address and its host, and asks whether the person goes there. Nothing is opened or fetched from here.
/// Spec: 2026-07-28 client/elicitation, URL Mode
ElicitResult ask_url(std::istream& in, std::ostream& out, std::string_view server, const ElicitRequestURLParams& page);

}  // namespace sumun::host
