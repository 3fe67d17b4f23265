// SPDX-License-Identifier: Apache-2.0
// The hub's API as huggingface_hub speaks it: GET /api/models/REPOSITORY/revision/REVISION gives the commit, POST
// /api/models/REPOSITORY/paths-info/COMMIT the files' sizes and, of large ones, their SHA-256.
#include "engine/models/lock_models.hpp"

#include <cstdlib>
#include <map>

#include "base/grammar.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "catalogue/links.hpp"
#include "sys/pause.hpp"

namespace tmplbuild {
namespace {

constexpr std::int64_t longest_limit_pause = 330;  // seconds; the hub counts in windows of 300
constexpr std::size_t paths_at_once = 100;         // more are refused by the hub

struct WantedFile {
    catalogue::Entry* entry = nullptr;
    std::string path;
};
struct HubRepository {
    std::string name, revision;
    std::vector<WantedFile> wishes;
};

std::string environment_or(const char* name, const char* fallback) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : fallback;
}

// `"resolvers";r=0;t=123`: seconds until the window ends.
std::int64_t seconds_of_limit(const io::HttpResponse& response) {
    const auto header = response.headers.find("ratelimit");
    if (header == response.headers.end()) return 0;
    const std::size_t at = header->second.find("t=");
    if (at == std::string::npos) return 0;
    const std::string digits = header->second.substr(at + 2);
    return parse_whole(digits.substr(0, digits.find_first_not_of("0123456789")), 0, longest_limit_pause).value_or(0);
}

class Asker {
  public:
    Asker(const Hub& hub, io::Http& http, Progress& progress, std::stop_token stop)
        : hub_(hub), http_(http), progress_(progress), stop_(std::move(stop)) {}

    // Sets what the hub says of the repository's files; an error for each that it does not have.
    void resolve(const HubRepository& repository, std::vector<Error>& errors);

  private:
    Result<json::value> ask(const std::string& path, const json::value* body, const std::string& repository);
    Result<std::map<std::string, json::object>> facts_of(const HubRepository& repository, const std::string& commit);

    const Hub& hub_;
    io::Http& http_;
    Progress& progress_;
    std::stop_token stop_;
};

Error refusal(const io::HttpResponse& response, const std::string& repository) {
    const auto said = response.headers.find("x-error-message");
    const std::string words = said != response.headers.end() ? ": " + said->second.substr(0, 300) : "";
    const std::string what = "the hub answers " + std::to_string(response.status) + " for '" + repository + "'" + words;
    if (response.status == 401 || response.status == 403)
        return network_error(what,
                             "it is private, gated or does not exist: accept its licence on its page, and set "
                             "HF_TOKEN to a token of that account");
    if (response.status == 404) return network_error(what, "look for the repository and its revision on the hub");
    if (response.status == 429) return network_error(what, "wait five minutes, or set HF_TOKEN for a higher limit");
    return network_error(what);
}

Result<json::value> Asker::ask(const std::string& path, const json::value* body, const std::string& repository) {
    io::HttpRequest request{.url = hub_.endpoint + path};
    if (!hub_.token.empty()) request.headers["Authorization"] = "Bearer " + hub_.token;
    if (body != nullptr) {
        request.method = io::HttpMethod::post;
        request.headers["Content-Type"] = "application/json";
        request.body = io::HttpBody::of(json::compact(*body));
    }
    request.netrc = false;
    for (int attempt = 0;; ++attempt) {
        const auto response = http_.send(request, stop_);
        if (!response) return response.error();
        const std::int64_t wait = response->status == 429 ? seconds_of_limit(*response) : 0;
        if (attempt == 0 && wait > 0) {
            progress_.message("the hub's limit is reached; going on in " + human_seconds(static_cast<double>(wait)));
            if (!sys::pause_for(std::chrono::seconds(wait + 1), stop_)) return Error{ErrorKind::interrupted, "stopped"};
            continue;
        }
        if (response->status != 200) return refusal(*response, repository);
        return json::parse(response->body, "the hub's answer for '" + repository + "'");
    }
}

Result<std::map<std::string, json::object>> Asker::facts_of(const HubRepository& repository,
                                                            const std::string& commit) {
    std::map<std::string, json::object> out;
    for (std::size_t begin = 0; begin < repository.wishes.size(); begin += paths_at_once) {
        json::array paths;
        for (std::size_t i = begin; i < std::min(begin + paths_at_once, repository.wishes.size()); ++i)
            paths.emplace_back(repository.wishes[i].path);
        const json::value body = json::object{{"paths", paths}, {"expand", false}};
        const auto answer = ask("/api/models/" + repository.name + "/paths-info/" + commit, &body, repository.name);
        if (!answer) return answer.error();
        if (!answer->is_array()) return network_error("the hub's answer for '" + repository.name + "' is no list");
        for (const json::value& one : answer->get_array())
            if (const json::object* facts = one.if_object()) out[json::string_or(*facts, "path", "")] = *facts;
    }
    return out;
}

Result<void> set_facts(const WantedFile& wish, const std::map<std::string, json::object>& facts,
                       const HubRepository& repository, const std::string& commit) {
    const auto found = facts.find(wish.path);
    if (found == facts.end())
        return network_error(
            "'" + repository.name + "' has no file '" + wish.path + "' at '" + repository.revision + "'",
            "look for it on the hub; authors rename and remove files");
    const std::int64_t size = json::int_or(found->second, "size", 0);
    const json::value* large = found->second.if_contains("lfs");
    const std::string digest =
        large != nullptr && large->is_object() ? json::string_or(large->get_object(), "oid", "") : "";
    if (size <= 0 || !is_hex(digest, 64))
        return network_error("the hub says no size and digest of '" + wish.path + "' in '" + repository.name + "'");
    catalogue::Entry& entry = *wish.entry;
    if (!entry.sha256.empty() && entry.sha256 != digest && entry.commit.empty())
        return network_error(
            "'" + wish.path + "' in '" + repository.name + "' is another file than the catalogue's: " + digest,
            "remove its sha256 from the catalogue where the new one is right");
    entry.size = static_cast<std::uint64_t>(size);
    entry.sha256 = digest;
    entry.commit = commit;
    return {};
}

void Asker::resolve(const HubRepository& repository, std::vector<Error>& errors) {
    const auto fail = [&](const Error& error) {
        for (const WantedFile& wish : repository.wishes)
            errors.push_back(Error(error).while_doing("resolving the model '" + wish.entry->id + "'"));
    };
    const std::string revision = percent_encoded(repository.revision);
    const auto about = ask("/api/models/" + repository.name + "/revision/" + revision, nullptr, repository.name);
    if (!about) return fail(about.error());
    const std::string commit = about->is_object() ? json::string_or(about->get_object(), "sha", "") : "";
    if (!is_hex(commit, 40)) return fail(network_error("the hub says no commit of '" + repository.name + "'"));
    const auto facts = facts_of(repository, commit);
    if (!facts) return fail(facts.error());
    for (const WantedFile& wish : repository.wishes)
        if (const auto set = set_facts(wish, *facts, repository, commit); !set)
            errors.push_back(Error(set.error()).while_doing("resolving the model '" + wish.entry->id + "'"));
}

}  // namespace

Hub hub_from_environment() {
    std::string endpoint = environment_or("HF_ENDPOINT", "https://huggingface.co");
    while (endpoint.ends_with('/')) endpoint.pop_back();
    return {endpoint, environment_or("HF_TOKEN", "")};
}

std::vector<Error> lock_models(catalogue::Catalogue& catalogue, const Hub& hub, io::Http& http, Progress& progress,
                               std::stop_token stop) {
    std::map<std::pair<std::string, std::string>, HubRepository> repositories;
    for (catalogue::ModelSet& set : catalogue.sets)
        for (catalogue::Entry& entry : set.entries) {
            const catalogue::ModelLink link =
                entry.urls.empty() ? catalogue::ModelLink{} : catalogue::read_link(entry.urls.front());
            if (link.host != catalogue::LinkHost::hugging_face || !link.problem.empty() || link.repository.empty())
                continue;
            HubRepository& one = repositories[{link.repository, link.revision}];
            one.name = link.repository;
            one.revision = link.revision;
            one.wishes.push_back({&entry, link.path});
        }
    std::vector<Error> errors;
    Asker asker(hub, http, progress, stop);

    progress.started("catalogue", "asking the hub");
    for (const auto& [key, repository] : repositories) {
        if (stop.stop_requested()) {
            errors.push_back(Error{ErrorKind::interrupted, "stopped"});
            break;
        }
        progress.doing("catalogue", repository.name);
        asker.resolve(repository, errors);
    }
    progress.ended("catalogue");
    return errors;
}

}  // namespace tmplbuild
