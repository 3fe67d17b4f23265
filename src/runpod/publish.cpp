// SPDX-License-Identifier: Apache-2.0
#include "runpod/publish.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild::runpod {

namespace {

// What the API says of a field that nobody set. A field that it does not name has this value.
json::value default_of(std::string_view field) {
    static const json::object defaults{
        {"args", ""},          {"env", json::object{}},    {"ports", json::array{}},
        {"registry", nullptr}, {"mounts", json::object{}}, {"public", false},
        {"serverless", false}, {"category", "NVIDIA"},     {"allowedCudaVersions", json::array{}},
        {"startSsh", true},    {"startJupyter", true}};
    const json::value* found = defaults.if_contains(field);
    return found == nullptr ? json::value() : *found;
}

// null is what some answers have for an empty list or object.
bool is_same(const json::value& here, const json::value* there, std::string_view field) {
    const json::value other = there == nullptr || there->is_null() ? default_of(field) : *there;
    return json::canonical(here) == json::canonical(other);
}

std::vector<std::string> differing(const json::object& wanted, const json::object& there) {
    std::vector<std::string> out;
    for (const auto& [field, value] : wanted)
        if (!is_same(value, there.if_contains(field), field)) out.emplace_back(field);
    return out;
}

Error several(const std::string& name, const std::vector<const RemoteTemplate*>& found) {
    std::vector<std::string> ids;
    for (const RemoteTemplate* one : found) ids.push_back(one->id);
    return usage_error(
        "the account has " + std::to_string(found.size()) + " templates with the name '" + name + "'",
        "write id = \"" + ids.front() + "\" under [runpod] for the one that is meant; they are " + join(ids, ", "));
}

// The API leaves a volume where the body has none, so it cannot be taken away.
Result<void> check_mounts(const json::object& wanted, const RemoteTemplate& there) {
    const auto has_volume = [](const json::object& o) {
        const json::value* mounts = o.if_contains("mounts");
        return mounts != nullptr && mounts->is_object() && mounts->get_object().contains("persistent");
    };
    if (has_volume(there.body) && !has_volume(wanted))
        return usage_error("the template at RunPod has a volume, and RunPod's API cannot take it away",
                           "give volume_gb under [runpod], or delete the template " + there.id + " in the console");
    return {};
}

Result<Plan> plan_with(const std::vector<RemoteTemplate>& all, const json::object& wanted, const std::string& name,
                       const std::string& id) {
    std::vector<const RemoteTemplate*> found;
    for (const RemoteTemplate& one : all)
        if (id.empty() ? one.name == name : one.id == id) found.push_back(&one);
    if (found.size() > 1) return several(name, found);
    if (found.empty() && !id.empty())
        return usage_error("the account has no template with the id '" + id + "'",
                           "leave `id` under [runpod] out, and it is found by its name");
    if (found.empty()) return Plan{};
    if (auto good = check_mounts(wanted, *found.front()); !good) return good.error();
    Plan out{Published::Done::changed, found.front()->id, differing(wanted, found.front()->body)};
    if (out.fields.empty()) out.todo = Published::Done::nothing;
    return out;
}

// After a POST without an answer, or with one of a gateway's in between, the list tells what it did.
Result<Published> make(const Api& api, const json::object& body, const std::string& name, const std::stop_token& stop) {
    auto made = api.create(body, stop);
    if (made) return Published{Published::Done::made, made->id, {}};
    if (made.error().kind != ErrorKind::network) return made.error();
    const auto all = api.templates(stop);
    const auto plan = all ? plan_with(*all, body, name, {}) : Result<Plan>(all.error());
    if (!plan || plan->todo != Published::Done::nothing) return made.error();
    return Published{Published::Done::made, plan->id, {}};
}

}  // namespace

Result<Plan> plan_publish(const Api& api, const PodTemplate& wanted, const std::string& id,
                          const std::stop_token& stop) {
    const auto all = api.templates(stop);
    if (!all) return all.error();
    return plan_with(*all, wanted.to_json(), wanted.name, id);
}

Result<Published> publish(const Api& api, const PodTemplate& wanted, const std::string& id,
                          const std::stop_token& stop) {
    const auto plan = plan_publish(api, wanted, id, stop);
    if (!plan) return plan.error();
    const json::object body = wanted.to_json();
    if (plan->todo == Published::Done::made) return make(api, body, wanted.name, stop);
    if (plan->todo == Published::Done::changed)
        if (const auto changed = api.change(plan->id, body, stop); !changed) return changed.error();
    return Published{plan->todo, plan->id, plan->fields};
}

}  // namespace tmplbuild::runpod
