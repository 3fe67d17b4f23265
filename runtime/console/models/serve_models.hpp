// SPDX-License-Identifier: Apache-2.0
// The worker for models: answers one request about the catalogue and the volume's model files (docs/console.md,
// "Models"). Started by the console with the client's connection. Blocking.
#pragma once

#include "console/models/places.hpp"
#include "console/worker/conversation.hpp"

namespace tmplbuild::console {

// Which of the routes is asked for stands in the conversation's facts.
Reply<void> serve_models(Conversation& talk, const ModelPlaces& places);

}  // namespace tmplbuild::console
