// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "template/sections.hpp"

namespace tmplbuild {

using toml_tree::Node;

// `key` is "ready" or "health"; `has_port`: the service names one, right or wrong.
static std::optional<Probe> read_kind(TableReader& table, const std::string& key, const std::vector<std::string>& kinds,
                                      bool has_port, Reading& reading) {
    const auto kind = exactly_one(table, reading.report, kinds, "http = \"/\"");
    std::optional<Probe> probe;
    if (kind == "http") {
        const auto path = table.text("http");
        if (path && path->value.front() == '/')
            probe = HttpProbe{path->value};
        else if (path)
            table.error("http", "is not a path: \"" + path->value + "\"", "it starts with '/'");
    } else if (kind == "tcp") {
        const auto flag = table.boolean("tcp");
        if (flag && !flag->value) table.error("tcp", "is false", "remove '" + key + "' for a service without a probe");
        if (flag && flag->value) probe = TcpProbe{};
    } else if (kind == "exec") {
        probe = ExecProbe{read_command(table, "exec")};
    } else if (kind == "log") {
        if (const auto text = table.text("log")) probe = LogProbe{text->value};
    }
    const bool asks_port = kind == "http" || kind == "tcp";
    if (asks_port && !has_port)
        reading.report.error(table.pos(), "'" + key + "' asks the service's port, and the service has none",
                             "add 'port'");
    return probe;
}

static void read_ready(TableReader& parent, Service& service, Reading& reading) {
    const Node* node = parent.table("ready");
    if (node == nullptr) return;
    TableReader table(*node, "'ready' of a service", reading.report);
    service.ready = read_kind(table, "ready", {"http", "tcp", "exec", "log"}, parent.has("port"), reading);
    if (const auto seconds = table.integer("timeout", 1, 86400))
        service.ready_timeout_seconds = static_cast<unsigned>(seconds->value);
    table.finish();
}

static void read_health(TableReader& parent, Service& service, Reading& reading) {
    const Node* node = parent.table("health");
    if (node == nullptr) return;
    TableReader table(*node, "'health' of a service", reading.report);
    table.hint_for("log", "a line of the log says that a service is ready, not that it still is well");
    HealthCheck health;
    const auto probe = read_kind(table, "health", {"http", "tcp", "exec"}, parent.has("port"), reading);
    if (const auto seconds = table.integer("interval", 1, 3600))
        health.interval_seconds = static_cast<unsigned>(seconds->value);
    if (const auto count = table.integer("failures", 1, 1000)) health.failures = static_cast<unsigned>(count->value);
    table.finish();
    if (!probe) return;
    health.probe = *probe;
    service.health = health;
}

static void read_umask(TableReader& table, Service& service) {
    const auto text = table.text("umask");
    if (!text) return;
    const std::string& digits = text->value;
    if (digits.size() < 3 || digits.size() > 4 || digits.find_first_not_of("01234567") != std::string::npos ||
        (digits.size() == 4 && digits.front() != '0'))
        return table.error("umask", "is not an octal mask: \"" + digits + "\"", "\"022\" or \"0027\"");
    service.umask = static_cast<unsigned>(std::stoul(digits, nullptr, 8));
}

static void read_limits(TableReader& parent, Service& service, Reading& reading) {
    const Node* node = parent.table("limits");
    if (node == nullptr) return;
    TableReader table(*node, "'limits' of a service", reading.report);
    for (const char* resource : {"as", "core", "cpu", "data", "fsize", "memlock", "msgqueue", "nice", "nofile", "nproc",
                                 "rtprio", "sigpending", "stack"}) {
        const Node* value = table.any(resource);
        if (value == nullptr) continue;
        if (value->is_text()) {
            const bool unlimited = value->text == "unlimited";
            if (unlimited) service.limits.push_back({resource, std::nullopt});
            if (!unlimited) table.wrong(resource, *value, "a whole number or \"unlimited\"");
        } else if (const auto number = table.integer(resource, 0, std::numeric_limits<std::int64_t>::max())) {
            service.limits.push_back({resource, static_cast<std::uint64_t>(number->value)});
        }
    }
    table.finish();
}

static void read_idle(TableReader& parent, Service& service, Reading& reading) {
    const Node* node = parent.table("idle");
    if (node == nullptr) return;
    TableReader table(*node, "'idle' of a service", reading.report);
    table.require("http", "http = \"/queue\"");
    table.require("empty", "empty = [\"queue_running\"]");
    if (const auto path = table.text("http")) {
        service.idle_http = path->value;
        if (path->value.front() != '/')
            table.error("http", "is not a path: \"" + path->value + "\"", "it starts with '/'");
    }
    service.idle_empty = values(table.texts("empty"));
    table.finish();
    if (!parent.has("port")) parent.error("idle", "asks the service's port, and the service has none", "add 'port'");
}

static void read_secrets(TableReader& parent, Service& service, Reading& reading) {
    for (const Node* node : parent.tables("secrets")) {
        TableReader table(*node, "a secret of a service", reading.report);
        table.require("variable", "variable = \"JUPYTER_TOKEN\"");
        ServiceSecret secret;
        for (const auto& [key, into] : {std::pair{"variable", &secret.variable}, std::pair{"from", &secret.from}}) {
            const auto text = table.text(key);
            if (!text) continue;
            const std::string& name = text->value;
            const bool good =
                !(name.front() >= '0' && name.front() <= '9') &&
                name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
                    std::string::npos;
            if (good)
                *into = name;
            else
                table.error(key, "is not a variable's name: \"" + name + "\"", "letters, digits and '_'");
        }
        table.finish();
        if (service.environment.contains(secret.variable))
            table.error("variable", "is \"" + secret.variable + "\", which 'environment' sets too", "remove one");
        if (!secret.variable.empty()) service.secrets.push_back(std::move(secret));
    }
}

static void read_kernel_keys(TableReader& table, Service& service) {
    service.uses_kernels = values(table.texts("uses_kernels", ListOf::names));
    service.args_with_kernel = values(table.texts("args_with_kernel", ListOf::words));
    service.args_without_gpu = values(table.texts("args_without_gpu", ListOf::words));
    if (const auto text = table.text("degraded_log")) service.degraded_log = text->value;
    if (const auto choice = table.choice("on_kernel_ready", {"notify", "restart", "restart-when-idle"}))
        service.on_kernel_ready = static_cast<OnKernelReady>(*choice);
    for (const char* key : {"args_with_kernel", "degraded_log", "on_kernel_ready"})
        if (table.has(key) && !table.has("uses_kernels"))
            table.error(key, "says nothing without 'uses_kernels'", "add uses_kernels = [\"…\"]");
    if (service.on_kernel_ready == OnKernelReady::restart_when_idle && !table.has("idle"))
        table.error("on_kernel_ready", "is \"restart-when-idle\", and nothing says when the service is idle",
                    "add idle = { http = \"/queue\", empty = [\"queue_running\"] }");
}

static void check_words(TableReader& table, const Service& service, Reading& reading) {
    std::vector<std::string> known = {"host", "name", "port", "public_port"};
    std::vector<Placed<std::string>> texts;
    for (const char* key : {"command", "args_with_kernel", "args_without_gpu"}) {
        const Node* node = table.any(key);
        if (node == nullptr || !node->is_array()) continue;
        for (const Node& item : node->items)
            if (item.is_text()) texts.push_back({item.text, item.pos});
    }
    for (const auto& [name, value] : service.environment) texts.push_back({value, table.pos_of("environment")});
    check_placeholders(texts, known, "a service", reading.report);
    if (table.has("port")) return;  // a wrong one has its own error
    for (const auto& [text, pos] : texts)
        for (const auto& word : placeholders(text))
            if (word == "port" || word == "public_port")
                reading.report.error(pos, "'{" + word + "}' is used, and the service has no port", "add 'port'");
}

static std::string read_user(TableReader& table) {
    const auto user = table.text("user");
    if (!user) return {};
    const auto part = [](const std::string& text) {
        return !text.empty() && text.front() != '-' &&
               text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
                   std::string::npos;
    };
    const auto parts = split(user->value, ':');
    if (parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), part)) return user->value;
    table.error("user", "is not a user: \"" + user->value + "\"",
                "\"name\", \"name:group\", \"1000\" or \"1000:1000\"");
    return {};
}

std::optional<Service> read_service(const Node& node, Reading& reading) {
    TableReader table(node, "[[services]]", reading.report);
    table.hint_for("args", "arguments follow the program in 'command'");
    table.hint_for("env", "it is called 'environment'");
    table.hint_for("depends_on", "it is called 'needs'");
    table.hint_for("ports", "a service has one public 'port'");
    Service service;
    service.pos = node.pos;
    table.require("name", "name = \"…\"");
    table.require("command", "command = [\"…\"]");
    const auto name = read_name(table, "name", {"console", "gateway", "launcher", "tmplbuild"});
    service.command = read_command(table, "command");
    if (table.has("directory")) service.directory = read_image_path(table, "directory", PathUse::inspect);
    service.environment = read_environment(table, "environment");
    service.user = read_user(table);
    if (const auto port = table.integer("port", 1, 65535)) service.port = static_cast<std::uint16_t>(port->value);
    if (const auto flag = table.boolean("public")) service.is_public = flag->value;
    if (service.is_public && !table.has("port")) table.error("public", "says nothing without 'port'", "add 'port'");
    read_ready(table, service, reading);
    read_health(table, service, reading);
    read_umask(table, service);
    read_limits(table, service, reading);
    service.needs = values(table.texts("needs", ListOf::names));
    read_kernel_keys(table, service);
    read_idle(table, service, reading);
    read_secrets(table, service, reading);
    if (const auto choice = table.choice("restart", {"always", "on-failure", "never"}))
        service.restart = std::vector<std::string>{"always", "on-failure", "never"}[*choice];
    if (const auto flag = table.boolean("oneshot")) service.oneshot = flag->value;
    if (const auto flag = table.boolean("critical")) service.critical = flag->value;
    if (const auto flag = table.boolean("logins")) service.logins = flag->value;
    if (const auto seconds = table.integer("stop_grace", 1, 9))
        service.stop_grace_seconds = static_cast<unsigned>(seconds->value);
    if (service.oneshot && table.has("ready"))
        table.error("ready", "says nothing for a oneshot: it is ready when it has ended with 0", "remove it");
    if (service.oneshot && table.has("health"))
        table.error("health", "says nothing for a oneshot, which ends", "remove it");
    check_words(table, service, reading);
    table.finish();
    if (!name) return std::nullopt;
    service.name = *name;
    return service;
}

}  // namespace tmplbuild
