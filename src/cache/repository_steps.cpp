// SPDX-License-Identifier: Apache-2.0
#include "cache/repository_steps.hpp"

#include <algorithm>
#include <set>

#include "base/printable.hpp"
#include "registry/pull.hpp"

namespace tmplbuild::cache {

namespace {

constexpr std::size_t tags_at_once = 1000;
constexpr std::size_t most_pages = 1000;

bool is_step_tag(const std::string& tag) {
    return tag.starts_with("step-") && Digest::parse_hex(std::string_view(tag).substr(5)).has_value();
}

// One page of tags, those after `last` (distribution-spec 1.1, "Listing Tags").
Result<std::vector<std::string>> page_of_tags(registry::Session& session, const std::string& last,
                                              const std::stop_token& stop) {
    registry::Request request{.path = "tags/list?n=" + std::to_string(tags_at_once)};
    if (!last.empty()) request.path += "&last=" + last;
    auto response = session.send(request, stop);
    if (!response) return response.error();
    if (response->status == 404) return std::vector<std::string>();
    const std::string name = "the tags of '" + session.image().repository_name() + "'";
    if (response->status != 200) return session.refused(name + " cannot be listed", *response);
    const auto document = json::parse(response->body, name);
    if (!document || !document->is_object()) return network_error(name + " are no JSON object");
    std::vector<std::string> out;
    const json::value* tags = document->get_object().if_contains("tags");
    if (tags == nullptr || !tags->is_array()) return out;  // null: there are none
    for (const json::value& tag : tags->get_array())
        if (tag.is_string() && is_repository_tag(tag.get_string().c_str())) out.emplace_back(tag.get_string());
    return out;
}

Result<std::set<std::string>> step_tags(registry::Session& session, const std::stop_token& stop) {
    std::set<std::string> all;
    std::string last;
    for (std::size_t page = 0; page < most_pages && all.size() < most_pages * tags_at_once; ++page) {
        auto tags = page_of_tags(session, last, stop);
        if (!tags) return tags.error();
        // A registry may give fewer than it was asked for, and has no more where nothing new comes. Not all of them
        // list tags by their names, so the last one of a page need not be its greatest.
        const std::size_t before = all.size();
        all.insert(tags->begin(), tags->end());
        if (all.size() == before) {
            std::erase_if(all, [](const std::string& tag) { return !is_step_tag(tag); });
            return all;
        }
        last = tags->back();
    }
    return network_error("the tags of '" + session.image().repository_name() + "' have no end");
}

std::string note_of(const oci::Artifact& artifact, const char* name) {
    const auto at = artifact.annotations.find(name);
    return at == artifact.annotations.end() ? "" : visible(at->second);
}

}  // namespace

Result<std::vector<RepositoryStep>> repository_steps(registry::Session& session, const std::stop_token& stop) {
    auto tags = step_tags(session, stop);
    if (!tags) return tags.error();
    std::vector<RepositoryStep> out;
    for (const std::string& tag : *tags) {
        auto found = registry::find_manifest(session, tag, stop);
        if (!found) return found.error();
        if (!*found) continue;  // removed by somebody since
        RepositoryStep step{.tag = tag, .manifest = (*found)->digest, .step = {}, .version = {}, .created = {}};
        const auto artifact = parse_manifest((*found)->text, (*found)->media_type, tag);
        if (artifact) {
            step.step = note_of(*artifact, step_note);
            step.version = note_of(*artifact, version_note);
            step.created = note_of(*artifact, created_note);
            step.is_signed = artifact->annotations.contains(signature_note);
            step.size = artifact->config.size;
            for (const oci::Descriptor& blob : artifact->blobs) step.size += blob.size;
        }
        out.push_back(std::move(step));
    }
    return out;
}

Result<void> remove_step(registry::Session& session, const RepositoryStep& step, const std::stop_token& stop) {
    auto response =
        session.send({.path = "manifests/" + step.manifest.to_string(), .method = io::HttpMethod::remove}, stop);
    if (!response) return response.error();
    if (response->status == 404 || (response->status >= 200 && response->status < 300)) return {};
    Error error =
        session.refused("'" + session.image().repository_name() + ":" + step.tag + "' cannot be removed", *response);
    if (response->status == 405 || response->status == 400)
        error.hint = "the registry " + session.image().host +
                     " does not let its clients remove anything: use its own retention rules or its web pages";
    return error;
}

}  // namespace tmplbuild::cache
