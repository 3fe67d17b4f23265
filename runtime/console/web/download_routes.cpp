// SPDX-License-Identifier: Apache-2.0
// The downloads' addresses: the queue, the keys of the hubs, and those of the original template's downloader.
#include "console/models/original_status.hpp"
#include "console/web/console.hpp"

namespace tmplbuild::console {

namespace {

// The request's body as an object; none: it is no JSON object, and was answered so.
std::optional<json::object> body_object(const CallPtr& call) {
    auto body = json::parse(call->request.body, "the request");
    if (body && body->is_object()) return std::move(body->get_object());
    call->respond(error_answer(400, "the body is no JSON object"));
    return std::nullopt;
}

void answer_with(const CallPtr& call, json::object answer) {
    if (const std::string why = json::string_or(answer, "refused", ""); !why.empty())
        return call->respond(error_answer(static_cast<unsigned>(json::int_or(answer, "status", 503)), why,
                                          json::string_or(answer, "hint", "")));
    answer.erase("answer");
    call->respond(json_answer(200, answer));
}

// In the original's words: "started", "already_exists", or 409.
void answer_original(const CallPtr& call, const json::object& answer) {
    if (answer.contains("refused")) return answer_with(call, answer);
    const auto errors = json::get_array(answer, "errors");
    if (!errors || (*errors)->empty()) return call->respond(json_answer(200, json::object{{"status", "started"}}));
    const json::object* error = (*errors)->front().if_object();
    const std::string kind = error == nullptr ? "" : json::string_or(*error, "kind", "");
    if (kind == "exists") return call->respond(json_answer(200, json::object{{"status", "already_exists"}}));
    call->respond(error_answer(kind == "queued" ? 409 : 400,
                               error == nullptr ? "" : json::string_or(*error, "error", ""),
                               error == nullptr ? "" : json::string_or(*error, "hint", "")));
}

}  // namespace

void Console::download_command(const CallPtr& call, json::object command) {
    downloads_.ask(std::move(command), [call](const json::object& answer) { answer_with(call, answer); });
}

void Console::list_downloads(const CallPtr& call) { call->respond(json_answer(200, downloads_.view())); }

void Console::download_events(const CallPtr& call) {
    if (!download_hub_.has_room())
        return call->respond(error_answer(503, "too many pages watch the downloads at once").with("Retry-After", "5"));
    const std::string last = call->request.header("last-event-id");
    const std::string session = call->visitor.session ? call->visitor.session->id : "", token = call->visitor.token;
    call->respond(event_answer([this, last, session, token](const std::shared_ptr<EventStream>& stream) {
        download_hub_.add(stream, "", last);
        hold(stream, session, token);
    }));
}

void Console::add_downloads(const CallPtr& call) {
    auto body = body_object(call);
    if (!body) return;
    json::value* items = body->if_contains("items");
    if (items == nullptr || !items->is_array())
        return call->respond(error_answer(400, "there is no list \"items\"", "each has a \"url\" and a \"directory\""));
    download_command(call, {{"do", "add"}, {"items", std::move(*items)}});
}

void Console::change_download(const CallPtr& call) {
    const std::string what = call->request.path.substr(call->request.path.rfind('/') + 1);
    json::object command{{"do", what}};
    if (!call->words.empty()) command["id"] = call->words.front();
    download_command(call, std::move(command));
}

void Console::order_downloads(const CallPtr& call) {
    auto body = body_object(call);
    if (!body) return;
    json::value* ids = body->if_contains("ids");
    if (ids == nullptr || !ids->is_array()) return call->respond(error_answer(400, "there is no list \"ids\""));
    download_command(call, {{"do", "order"}, {"ids", std::move(*ids)}});
}

void Console::list_keys(const CallPtr& call) { call->respond(json_answer(200, downloads_.keys())); }

void Console::enter_key(const CallPtr& call) {
    const auto body = body_object(call);
    if (!body) return;
    download_command(call,
                     {{"do", "set-key"}, {"name", call->words.front()}, {"key", json::string_or(*body, "key", "")}});
}

void Console::withdraw_key(const CallPtr& call) {
    download_command(call, {{"do", "withdraw-key"}, {"name", call->words.front()}});
}

void Console::original_status(const CallPtr& call) {
    call->respond(json_answer(200, original_downloads(downloads_.view())));
}

void Console::original_clear(const CallPtr& call) {
    downloads_.ask({{"do", "clear"}}, [call](const json::object& answer) {
        if (answer.contains("refused")) return answer_with(call, answer);
        call->respond(json_answer(200, json::object{{"status", "cleared"}, {"success", true}}));
    });
}

void Console::original_download(const CallPtr& call) {
    const auto fields = form_values(call->request.body);
    const auto field = [&](const char* name) {
        const auto found = fields.find(name);
        return found == fields.end() ? std::string() : found->second;
    };
    if (field("model_id").empty() || field("model_set").empty())
        return call->respond(error_answer(400, "a form with model_id and model_set is expected"));
    if (model_finder_.is_busy())
        return call->respond(error_answer(503, "another model is looked up now").with("Retry-After", "1"));
    ChildQuestion question = settings_.model_finder;
    question.input = json::compact(json::object{{"model_id", field("model_id")}, {"model_set", field("model_set")}});
    model_finder_.ask(question, [this, call](const ChildEnd& end) {
        if (end.late) return call->respond(error_answer(504, "the volume did not answer within 2 s"));
        auto order = json::parse(end.text, "the catalogue's worker");
        if (!end.ok() || !order || !order->is_object())
            return call->respond(error_answer(503, "the catalogue cannot be read now"));
        if (const std::string why = json::string_or(order->get_object(), "error", ""); !why.empty())
            return call->respond(error_answer(404, why));
        downloads_.ask({{"do", "add"}, {"items", json::array{std::move(*order)}}},
                       [call](const json::object& answer) { answer_original(call, answer); });
    });
}

}  // namespace tmplbuild::console
