// SPDX-License-Identifier: Apache-2.0
#include "template/service_values.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "podspec/names.hpp"

namespace tmplbuild {

using toml_tree::Node;

// `key` is "ready" or "health"; `has_port`: whether the service names a port, right or wrong.
static pod::Probe read_kind(TableReader& table, const std::string& key, const std::vector<std::string>& kinds,
                            bool has_port, Reading& reading) {
    const auto kind = exactly_one(table, reading.report, kinds, "http = \"/\"");
    pod::Probe probe;
    if (kind == "http") {
        probe.http = read_url_path(table, "http");
        probe.kind = pod::Probe::Kind::http;
    } else if (kind == "tcp") {
        const auto flag = table.boolean("tcp");
        if (flag && !flag->value) table.error("tcp", "is false", "remove '" + key + "' for a service without a probe");
        probe.kind = pod::Probe::Kind::tcp;
    } else if (kind == "exec") {
        probe.exec = read_command(table, "exec");
        probe.kind = pod::Probe::Kind::exec;
    } else if (kind == "log") {
        if (const auto text = table.text("log")) probe.log = text->value;
        probe.kind = pod::Probe::Kind::log;
    }
    const bool asks_port = kind == "http" || kind == "tcp";
    if (asks_port && !has_port)
        reading.report.error(table.pos(), "'" + key + "' asks the service's port, and the service has none",
                             "add 'port'");
    return probe;
}

void read_ready(TableReader& parent, std::string_view key, pod::Probe& out, Reading& reading) {
    const Node* node = parent.table(key);
    if (node == nullptr) return;
    TableReader table(*node, "'ready' of a service", reading.report);
    out = read_kind(table, "ready", {"http", "tcp", "exec", "log"}, parent.has("port"), reading);
    const auto seconds = table.integer("timeout", 1, 86400);
    out.deadline_ms = seconds ? seconds->value * 1000 : 0;
    table.finish();
}

void read_health(TableReader& parent, std::string_view key, pod::Service& out, Reading& reading) {
    const Node* node = parent.table(key);
    if (node == nullptr) return;
    TableReader table(*node, "'health' of a service", reading.report);
    table.hint_for("log", "a line of the log says that a service is ready, not that it still is well");
    out.health = read_kind(table, "health", {"http", "tcp", "exec"}, parent.has("port"), reading);
    const auto seconds = table.integer("interval", 1, 3600);
    out.health.interval_ms = (seconds ? seconds->value : 30) * 1000;
    if (const auto count = table.integer("failures", 1, 1000)) out.health_failures = count->value;
    table.finish();
}

std::optional<std::uint32_t> read_umask(TableReader& table, std::string_view key) {
    const auto text = table.text(key);
    if (!text) return std::nullopt;
    const std::string& digits = text->value;
    if (digits.size() >= 3 && digits.size() <= 4 && digits.find_first_not_of("01234567") == std::string::npos &&
        (digits.size() == 3 || digits.front() == '0'))
        return static_cast<std::uint32_t>(std::stoul(digits, nullptr, 8));
    table.error(key, "is not an octal mask: \"" + digits + "\"", "\"022\" or \"0027\"");
    return std::nullopt;
}

std::vector<pod::ResourceLimit> read_limits(TableReader& parent, std::string_view key, Reading& reading) {
    std::vector<pod::ResourceLimit> out;
    const Node* node = parent.table(key);
    if (node == nullptr) return out;
    TableReader table(*node, "'" + std::string(key) + "' of a service", reading.report);
    for (const std::string& resource : pod::resource_names()) {
        const Node* value = table.any(resource);
        if (value == nullptr) continue;
        if (value->is_text()) {
            const bool unlimited = value->text == "unlimited";
            if (unlimited) out.push_back({resource, std::nullopt, std::nullopt});
            if (!unlimited) table.wrong(resource, *value, "a whole number or \"unlimited\"");
        } else if (const auto number = table.integer(resource, 0, std::numeric_limits<std::int64_t>::max())) {
            const auto limit = static_cast<std::uint64_t>(number->value);
            out.push_back({resource, limit, limit});
        }
    }
    table.finish();
    return out;
}

std::vector<pod::GeneratedSecret> read_secrets(TableReader& parent, std::string_view key, const StringMap& environment,
                                               Reading& reading) {
    std::vector<pod::GeneratedSecret> out;
    for (const Node* node : parent.tables(key)) {
        TableReader table(*node, "a secret of a service", reading.report);
        table.require("variable", "variable = \"JUPYTER_TOKEN\"");
        pod::GeneratedSecret secret;
        for (const auto& [part, into] : {std::pair{"variable", &secret.variable}, std::pair{"from", &secret.from}}) {
            const auto text = table.text(part);
            if (!text) continue;
            const std::string& name = text->value;
            const bool good =
                !(name.front() >= '0' && name.front() <= '9') &&
                name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
                    std::string::npos;
            if (good)
                *into = name;
            else
                table.error(part, "is not a variable's name: \"" + name + "\"", "letters, digits and '_'");
        }
        table.finish();
        if (environment.contains(secret.variable))
            table.error("variable", "is \"" + secret.variable + "\", which 'environment' sets too", "remove one");
        if (!secret.variable.empty()) out.push_back(std::move(secret));
    }
    return out;
}

std::string read_user(TableReader& table, std::string_view key) {
    const auto user = table.text(key);
    if (!user) return {};
    const auto part = [](const std::string& text) {
        return !text.empty() && text.front() != '-' &&
               text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
                   std::string::npos;
    };
    const auto parts = split(user->value, ':');
    if (parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), part)) return user->value;
    table.error(key, "is not a user: \"" + user->value + "\"", "\"name\", \"name:group\", \"1000\" or \"1000:1000\"");
    return {};
}

std::string read_url_path(TableReader& table, std::string_view key) {
    const auto path = table.text(key);
    if (!path) return {};
    if (path->value.front() != '/') table.error(key, "is not a path: \"" + path->value + "\"", "it starts with '/'");
    return path->value;
}

void read_url_paths(TableReader& table, std::string_view key, std::vector<std::string>& out) {
    const auto paths = table.texts(key);
    if (!table.has(key)) return;
    for (const auto& [path, pos] : paths)
        if (path.front() != '/' || path.find_first_of("?#") != std::string::npos)
            table.error(key, "has \"" + path + "\" in it, which is not a path", "it starts with '/' and has no query");
    out = values(paths);
}

}  // namespace tmplbuild
