// SPDX-License-Identifier: Apache-2.0
#include "podspec/placeholders.hpp"

#include <optional>

#include "base/placeholders.hpp"

namespace tmplbuild::pod {

const std::vector<std::string>& service_placeholders() {
    static const std::vector<std::string> names = {"host", "name", "port", "public_port"};
    return names;
}

static std::optional<std::string> value_of(std::string_view word, const Service& service) {
    if (word == "host") return service.host;
    if (word == "port") return std::to_string(service.bind_port());
    if (word == "public_port") return std::to_string(service.port);
    if (word == "name") return service.name;
    return std::nullopt;
}

Result<std::string> expand(std::string_view text, const Service& service, const std::string& key,
                           const std::string& file) {
    std::string out;
    for (const TextPiece& piece : pieces_of(text)) {
        const auto value = piece.is_word ? value_of(piece.text, service) : piece.text;
        const bool needs_port = piece.is_word && (piece.text == "port" || piece.text == "public_port");
        if (value && (!needs_port || service.port != 0)) {
            out += *value;
            continue;
        }
        Error error = value ? usage_error(key + ": '{" + piece.text + "}' is used, but the service has no port",
                                          "give the service a 'port'")
                            : usage_error(key + ": '{" + piece.text + "}' is not a placeholder",
                                          "known are {host}, {port}, {public_port} and {name}; write {{" + piece.text +
                                              "}} for the text itself");
        error.where = SourcePos{file, 0, 0};
        return error;
    }
    return out;
}

static Result<std::vector<std::string>> expand_list(const std::vector<std::string>& list, const Service& service,
                                                    const std::string& key, const std::string& file) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto text = expand(list[i], service, key + "[" + std::to_string(i) + "]", file);
        if (!text) return text.error();
        out.push_back(std::move(*text));
    }
    return out;
}

Result<ExpandedService> expand_service(const Service& service, const std::string& file) {
    const std::string prefix = "services." + service.name + ".";
    ExpandedService out;
    auto command = expand_list(service.command, service, prefix + "command", file);
    if (!command) return command.error();
    out.command = std::move(*command);
    auto probe = expand_list(service.ready.exec, service, prefix + "ready.exec", file);
    if (!probe) return probe.error();
    out.probe = std::move(*probe);
    auto health = expand_list(service.health.exec, service, prefix + "health.exec", file);
    if (!health) return health.error();
    out.health = std::move(*health);
    for (const auto& [name, text] : service.environment) {
        auto value = expand(text, service, prefix + "environment." + name, file);
        if (!value) return value.error();
        out.environment[name] = std::move(*value);
    }
    auto with_kernel = expand_list(service.args_with_kernel, service, prefix + "args_with_kernel", file);
    if (!with_kernel) return with_kernel.error();
    out.args_with_kernel = std::move(*with_kernel);
    auto without_gpu = expand_list(service.args_without_gpu, service, prefix + "args_without_gpu", file);
    if (!without_gpu) return without_gpu.error();
    out.args_without_gpu = std::move(*without_gpu);
    return out;
}

}  // namespace tmplbuild::pod
