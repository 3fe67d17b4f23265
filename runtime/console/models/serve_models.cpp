// SPDX-License-Identifier: Apache-2.0
#include "console/models/serve_models.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "base/digest.hpp"
#include "console/models/carried_file.hpp"
#include "console/models/catalogue_changes.hpp"
#include "console/models/downloaded.hpp"
#include "console/models/inventory.hpp"
#include "console/models/original_catalogue.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::uint64_t longest_file = 64 << 20;  // that is dropped on the page
constexpr std::uint64_t longest_request = 512 << 10;

VolumeModels look_at_volume(const ModelPlaces& places, const FolderView& view, Line& line) {
    KeptFacts facts = read_kept_facts(places);
    learn_from_downloads(places, facts);
    VolumeModels out = scan_models(places, view, std::move(facts), [&] { line.at_work(); });
    keep_facts(places, out.facts);
    return out;
}

Reply<void> answer_json(Conversation& talk, unsigned status, const json::object& body) {
    talk.answer(json_answer(status, body).with("Cache-Control", "no-store"));
    return {};
}

Reply<void> list(Conversation& talk, const ModelPlaces& places) {
    const FolderView view = folder_view(places);
    const VolumeModels volume = look_at_volume(places, view, talk.line());
    return answer_json(talk, 200, models_view(read_catalogues(places), view, volume));
}

Reply<void> check_workflow(Conversation& talk, const ModelPlaces& places) {
    const auto query = talk.query();
    if (!query) return query.error();
    const auto value = [&](const char* key) {
        const auto found = query->find(key);
        return found == query->end() ? std::string() : found->second;
    };
    std::string name = value("name").substr(0, 255);
    Reply<std::string> text = std::string();
    if (value("from") == "volume") {
        const auto body = talk.json_body(longest_request);
        if (!body) return body.error();
        const std::string path = json::string_or(*body, "path", "");
        name = path.substr(path.rfind('/') + 1);
        text = workflow_of_file(places, path);
    } else {
        const auto bytes = talk.body().read_all(longest_file);
        if (!bytes) return bytes.error();
        text = workflow_of_bytes(*bytes);
    }
    if (!text) return text.error();
    if (name.empty()) name = "the workflow";
    const auto needs = catalogue::read_workflow(*text, name);
    if (!needs) return Refusal{422, needs.error().message, needs.error().hint};
    const VolumeModels volume = look_at_volume(places, folder_view(places), talk.line());
    return answer_json(talk, 200, workflow_view(*needs, name, read_catalogues(places).all(), volume));
}

Reply<void> read_pasted(Conversation& talk) {
    const auto body = talk.json_body(longest_request);
    if (!body) return body.error();
    const json::value* text = body->if_contains("text");
    if (text == nullptr || !text->is_string()) return Refusal{400, "'text' must be a text with links", {}};
    return answer_json(talk, 200, links_view(catalogue::read_links(std::string_view(text->get_string()))));
}

// The digest of a file that the list has. Lines of JSON: how far it is, and at last the digest.
Reply<void> compute_hash(Conversation& talk, const ModelPlaces& places) {
    const auto body = talk.json_body(longest_request);
    if (!body) return body.error();
    const std::string path = json::string_or(*body, "path", "");
    const VolumeModels volume = look_at_volume(places, folder_view(places), talk.line());
    if (std::none_of(volume.files.begin(), volume.files.end(), [&](const auto& file) { return file.path == path; }))
        return Refusal{404, "there is no model file '" + path.substr(0, 200) + "'", "GET /api/models lists folders"};
    const sys::Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat before {};
    if (!fd || ::fstat(fd.get(), &before) != 0) return refusal_of(os_error("open", path, errno));
    if (!S_ISREG(before.st_mode)) return Refusal{409, "'" + path.substr(0, 200) + "' is no file", {}};
    const auto size = static_cast<std::int64_t>(before.st_size);
    Answer head;
    head.with("Content-Type", "application/x-ndjson").with("Cache-Control", "no-store");
    if (const auto begun = talk.begin(head, BodyLength::chunked()); !begun) return begun.error();
    const auto say = [&](const json::object& line) { return talk.write(json::compact(line) + "\n"); };

    Sha256 sha256;
    std::string piece(1 << 20, '\0');
    std::int64_t done = 0;
    auto told = std::chrono::steady_clock::now();
    for (;;) {
        const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
        if (got < 0) {
            if (errno == EINTR) continue;
            if (const auto put = say({{"error", os_error("read", path, errno).message}}); !put) return put.error();
            return talk.end();
        }
        if (got == 0) break;
        sha256.update(std::string_view(piece.data(), static_cast<std::size_t>(got)));
        done += got;
        talk.line().at_work();
        const auto now = std::chrono::steady_clock::now();
        if (now - told < std::chrono::milliseconds(250)) continue;
        told = now;
        if (const auto put = say({{"done", done}, {"total", size}}); !put) return put.error();
    }
    struct stat after {};
    const bool same =
        ::fstat(fd.get(), &after) == 0 && FileIdentity::of(after) == FileIdentity::of(before) && done == size;
    if (!same) {
        if (const auto put = say({{"error", "the file was changed meanwhile"}}); !put) return put.error();
        return talk.end();
    }
    const std::string digest = sha256.finish().hex();
    KeptFacts learned;
    learned.set_digest(path, FileIdentity::of(before), digest);
    keep_facts(places, learned);
    if (const auto put = say({{"done", done}, {"total", size}, {"sha256", digest}}); !put) return put.error();
    return talk.end();
}

// --- changes -------------------------------------------------------------------------------------

std::optional<std::string> text_in(const json::object& body, const char* key) {
    const json::value* value = body.if_contains(key);
    return value != nullptr && value->is_string() ? std::optional(std::string(value->get_string())) : std::nullopt;
}

Reply<json::object> fields_of(const json::object& body) {
    const json::value* entry = body.if_contains("entry");
    if (entry == nullptr || !entry->is_object()) return Refusal{400, "'entry' must be an object", {}};
    return entry->get_object();
}

using Body = const json::object&;
using Change = Reply<json::object> (*)(Catalogues&, Body, const std::string& word, const ModelPlaces&);

Reply<json::object> done(const Reply<void>& result) {
    if (!result) return result.error();
    return json::object{{"success", true}};
}

struct ChangeRoute {
    const char* route;
    unsigned status;
    Change change;
};

constexpr std::array change_routes = {
    ChangeRoute{"POST /api/models/entries", 201,
                [](Catalogues& both, Body body, const std::string&, const ModelPlaces&) -> Reply<json::object> {
                    const auto fields = fields_of(body);
                    if (!fields) return fields.error();
                    catalogue::Entry entry;
                    entry.id = json::string_or(*fields, "id", "");
                    if (const auto set = set_fields(entry, *fields); !set) return set.error();
                    const std::string wanted = json::string_or(body, "set", "");
                    const auto id = add_entry(both, wanted, std::move(entry));
                    if (!id) return id.error();
                    return json::object{{"id", *id}, {"set", wanted}};
                }},
    ChangeRoute{"POST /api/models/entries/{}", 200,
                [](Catalogues& both, Body body, const std::string& id, const ModelPlaces&) -> Reply<json::object> {
                    const json::value* entry = body.if_contains("entry");
                    if (entry != nullptr && !entry->is_object()) return Refusal{400, "'entry' must be an object", {}};
                    return done(edit_entry(both, id, entry != nullptr ? entry->get_object() : json::object{},
                                           text_in(body, "set")));
                }},
    ChangeRoute{"DELETE /api/models/entries/{}", 200,
                [](Catalogues& both, Body, const std::string& id, const ModelPlaces&) -> Reply<json::object> {
                    return done(delete_entry(both, id));
                }},
    ChangeRoute{"POST /api/models/sets", 201,
                [](Catalogues& both, Body body, const std::string&, const ModelPlaces&) -> Reply<json::object> {
                    const auto name =
                        add_set(both, json::string_or(body, "name", ""), json::string_or(body, "title", ""));
                    if (!name) return name.error();
                    return json::object{{"name", *name}};
                }},
    ChangeRoute{"POST /api/models/sets/{}", 200,
                [](Catalogues& both, Body body, const std::string& name, const ModelPlaces&) -> Reply<json::object> {
                    const json::value* place = body.if_contains("position");
                    if (place != nullptr && (!place->is_int64() || place->get_int64() < 0))
                        return Refusal{400, "'position' must be a whole number from 0", {}};
                    return done(edit_set(both, name, text_in(body, "title"),
                                         place != nullptr ? std::optional(place->get_int64()) : std::nullopt));
                }},
    ChangeRoute{"DELETE /api/models/sets/{}", 200,
                [](Catalogues& both, Body, const std::string& name, const ModelPlaces&) -> Reply<json::object> {
                    return done(delete_set(both, name));
                }},
    ChangeRoute{"POST /add_model", 200,
                [](Catalogues& both, Body body, const std::string&, const ModelPlaces& places) {
                    return original_add(both, body, places);
                }},
    ChangeRoute{"POST /edit_model", 200,
                [](Catalogues& both, Body body, const std::string&, const ModelPlaces& places) {
                    return original_edit(both, body, places);
                }},
    ChangeRoute{"POST /delete_model", 200,
                [](Catalogues& both, Body body, const std::string&, const ModelPlaces&) {
                    return original_delete(both, body);
                }},
};

Reply<void> make_change(Conversation& talk, const ModelPlaces& places, const ChangeRoute& route) {
    json::object body;
    if (talk.facts().method != "DELETE") {
        auto read = talk.json_body(longest_request);
        if (!read) return read.error();
        body = std::move(*read);
    }
    const std::string word = talk.facts().words.empty() ? "" : talk.facts().words.front();
    json::object answer;
    const auto changed = change_catalogue(places, [&](Catalogues& both) -> Reply<void> {
        auto result = route.change(both, body, word, places);
        if (!result) return result.error();
        answer = std::move(*result);
        return {};
    });
    if (!changed) return changed.error();
    return answer_json(talk, route.status, answer);
}

Reply<void> reload(Conversation& talk, const ModelPlaces& places) {
    const Catalogues both = read_catalogues(places);
    if (!both.problem.empty()) return Refusal{409, both.problem, "put the catalogue right"};
    const json::object debug = original_debug(both, places);
    return answer_json(talk, 200, {{"success", true}, {"total_models", debug.at("total_models")}});
}

}  // namespace

Reply<void> serve_models(Conversation& talk, const ModelPlaces& places) {
    const std::string& route = talk.facts().route;
    if (route == "GET /api/models") return list(talk, places);
    if (route == "POST /api/models/check") return check_workflow(talk, places);
    if (route == "POST /api/models/links") return read_pasted(talk);
    if (route == "POST /api/models/hash") return compute_hash(talk, places);
    if (route == "GET /get_model_configs")
        return answer_json(talk, 200, original_configs(read_catalogues(places), places));
    if (route == "GET /debug_config") return answer_json(talk, 200, original_debug(read_catalogues(places), places));
    if (route == "POST /reload_config") return reload(talk, places);
    for (const ChangeRoute& one : change_routes)
        if (route == one.route) return make_change(talk, places, one);
    return Refusal{404, "the worker for models has no such address", {}};
}

}  // namespace tmplbuild::console
