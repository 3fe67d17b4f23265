// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/placeholders.hpp"
#include "base/text.hpp"
#include "podspec/names.hpp"
#include "podspec/placeholders.hpp"
#include "podspec/service_fields.hpp"
#include "template/sections.hpp"
#include "template/service_values.hpp"

namespace tmplbuild {

using toml_tree::Node;

namespace {

// Reads the fields that a template may write (podspec/service_fields.hpp), with one overload for each kind.
class ServiceReader {
  public:
    ServiceReader(TableReader& table, pod::Service& service, Reading& reading)
        : table_(table), service_(service), reading_(reading) {}

    template <class Fields, class Owner>
    void all(const Fields& fields, Owner& out) {
        pod::for_each_field(fields, [&](const auto& field) { read(field, out.*field.member); });
    }

  private:
    template <class Owner, class Value, const auto& Fields>
    void read(const pod::Field<Owner, Value, pod::Spread<Fields>>&, Value& out) {
        all(Fields, out);
    }
    template <class Owner, class Value, class Kind>
    void read(const pod::Field<Owner, Value, Kind>& field, Value& out) {
        const pod::InTemplate& written = field.in_template;
        if (written.key == nullptr) return;
        if (written.example != nullptr) table_.require(written.key, written.example);
        value(written.key, field.kind, out);
    }

    void value(const char* key, pod::Text, std::string& out) {
        if (const auto text = table_.text(key)) out = text->value;
    }
    void value(const char* key, pod::Name, std::string& out) {
        out = read_name(table_, key, {reserved_services.begin(), reserved_services.end()}).value_or("");
    }
    void value(const char* key, pod::AbsolutePath, std::string& out) {
        out = read_image_path(table_, key, PathUse::inspect);
    }
    void value(const char* key, pod::User, std::string& out) { out = read_user(table_, key); }
    void value(const char* key, pod::UrlPath, std::string& out) { out = read_url_path(table_, key); }
    void value(const char* key, pod::Texts, std::vector<std::string>& out) { out = values(table_.texts(key)); }
    void value(const char* key, pod::Command, std::vector<std::string>& out) { out = read_command(table_, key); }
    void value(const char* key, pod::Names, std::vector<std::string>& out) {
        out = values(table_.texts(key, ListOf::names));
    }
    void value(const char* key, pod::UrlPaths, std::vector<std::string>& out) { read_url_paths(table_, key, out); }
    void value(const char* key, pod::Arguments, std::vector<std::string>& out) {
        out = values(table_.texts(key, ListOf::words));
    }
    void value(const char* key, pod::Flag, bool& out) {
        if (const auto flag = table_.boolean(key)) out = flag->value;
    }
    void value(const char* key, pod::Port, std::uint16_t& out) {
        if (const auto port = table_.integer(key, 1, 65535)) out = static_cast<std::uint16_t>(port->value);
    }
    void value(const char* key, const pod::Number& bounds, std::int64_t& out) {
        if (const auto number = table_.integer(key, bounds.low, bounds.high)) out = number->value;
    }
    void value(const char* key, const pod::Duration& bounds, std::int64_t& out) {
        const auto seconds = table_.integer(key, bounds.least_seconds, bounds.most_seconds);
        if (seconds) out = seconds->value * 1000;
    }
    template <class Value>
    void value(const char* key, const pod::Word<Value>& word, Value& out) {
        const auto choice = table_.choice(key, pod::word_list<Value>(), word.prefix);
        out = choice ? pod::words<Value>[*choice].value : word.usual;
    }
    template <const auto& Fields, class Value>
    void value(const char* key, pod::Object<Fields>, Value& out) {
        const Node* node = table_.table(key);
        if (node == nullptr) return;
        TableReader inner(*node, "'" + std::string(key) + "' of a service", reading_.report);
        ServiceReader(inner, service_, reading_).all(Fields, out);
        inner.finish();
    }
    void value(const char* key, pod::Environment, StringMap& out) { out = read_environment(table_, key); }
    void value(const char* key, pod::Umask, std::optional<std::uint32_t>& out) { out = read_umask(table_, key); }
    void value(const char* key, pod::Limits, std::vector<pod::ResourceLimit>& out) {
        out = read_limits(table_, key, reading_);
    }
    void value(const char* key, pod::Secrets, std::vector<pod::GeneratedSecret>& out) {
        out = read_secrets(table_, key, service_.environment, reading_);
    }
    void value(const char* key, pod::ReadyProbe, pod::Probe& out) { read_ready(table_, key, out, reading_); }
    void value(const char* key, pod::HealthProbe, pod::Probe&) { read_health(table_, key, service_, reading_); }

    TableReader& table_;
    pod::Service& service_;
    Reading& reading_;
};

// Rules between the keys of one service.
void check_together(TableReader& table, const pod::Service& service) {
    for (const char* key : {"args_with_kernel", "degraded_log", "on_kernel_ready"})
        if (table.has(key) && !table.has("uses_kernels"))
            table.error(key, "says nothing without 'uses_kernels'", "add uses_kernels = [\"…\"]");
    if (service.on_kernel_ready == pod::OnKernelReady::restart_when_idle && !table.has("idle"))
        table.error("on_kernel_ready", "is \"restart-when-idle\", and nothing says when the service is idle",
                    "add idle = { http = \"/queue\", empty = [\"queue_running\"] }");
    if (table.has("idle") && !table.has("port"))
        table.error("idle", "asks the service's port, and the service has none", "add 'port'");
    if (service.is_public && !table.has("port")) table.error("public", "says nothing without 'port'", "add 'port'");
    for (const char* key : {"entry", "origin"})
        if (table.has(key) && !table.has("port")) table.error(key, "says nothing without 'port'", "add 'port'");
    if (service.is_public && table.has("origin"))
        table.error("origin", "says nothing for a service that is public", "remove one of the two");
    if (service.oneshot && table.has("ready"))
        table.error("ready", "says nothing for a oneshot: it is ready when it has ended with 0", "remove it");
    if (service.oneshot && table.has("health"))
        table.error("health", "says nothing for a oneshot, which ends", "remove it");
}

void check_words(TableReader& table, const pod::Service& service, Reading& reading) {
    std::vector<Placed<std::string>> texts;
    for (const char* key : {"command", "args_with_kernel", "args_without_gpu"}) {
        const Node* node = table.any(key);
        if (node == nullptr || !node->is_array()) continue;
        for (const Node& item : node->items)
            if (item.is_text()) texts.push_back({item.text, item.pos});
    }
    for (const auto& [name, value] : service.environment) texts.push_back({value, table.pos_of("environment")});
    check_placeholders(texts, pod::service_placeholders(), "a service", reading.report);
    if (table.has("port")) return;  // a wrong port has its own error
    for (const auto& [text, pos] : texts)
        for (const auto& word : placeholder_words(text))
            if (word == "port" || word == "public_port")
                reading.report.error(pos, "'{" + word + "}' is used, and the service has no port", "add 'port'");
}

}  // namespace

std::optional<TemplateService> read_service(const Node& node, Reading& reading) {
    TableReader table(node, "[[services]]", reading.report);
    table.hint_for("args", "arguments follow the program in 'command'");
    table.hint_for("env", "it is called 'environment'");
    table.hint_for("depends_on", "it is called 'needs'");
    table.hint_for("ports", "a service has one public 'port'");
    TemplateService out;
    out.pos = node.pos;
    ServiceReader(table, out.service, reading).all(pod::service_fields, out.service);
    check_together(table, out.service);
    check_words(table, out.service, reading);
    table.finish();
    if (out.service.name.empty()) return std::nullopt;
    return out;
}

}  // namespace tmplbuild
