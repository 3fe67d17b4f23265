// SPDX-License-Identifier: Apache-2.0
#include "podspec/placeholders.hpp"

#include <optional>

#include "base/text.hpp"

namespace tmplbuild::pod {

static bool is_word(std::string_view text) {
    if (text.empty() || text.front() < 'a' || text.front() > 'z') return false;
    for (char c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
    return true;
}

// A piece of a text: what stands in it as it is, or a word to be filled in.
struct Piece {
    std::string text;
    bool is_word = false;
};

static std::vector<Piece> pieces_of(std::string_view text) {
    std::vector<Piece> out;
    auto plain = [&](std::string_view more) {
        if (out.empty() || out.back().is_word) out.push_back({});
        out.back().text += more;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t close = text[i] == '{' ? text.find('}', i) : std::string_view::npos;
        if (close == std::string_view::npos) {
            plain(text.substr(i, 1));
            continue;
        }
        const bool doubled = i + 1 < text.size() && text[i + 1] == '{';
        const std::string_view word = text.substr(i + (doubled ? 2 : 1), close - i - (doubled ? 2 : 1));
        const bool shell = i > 0 && text[i - 1] == '$';
        if (shell || !is_word(word) || (doubled && text.substr(close, 2) != "}}")) {
            plain(text.substr(i, 1));
        } else if (doubled) {
            plain("{" + std::string(word) + "}");
            i = close + 1;
        } else {
            out.push_back({std::string(word), true});
            i = close;
        }
    }
    return out;
}

std::vector<std::string> placeholder_words(std::string_view text) {
    std::vector<std::string> out;
    for (Piece& piece : pieces_of(text))
        if (piece.is_word) out.push_back(std::move(piece.text));
    return out;
}

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
    for (const Piece& piece : pieces_of(text)) {
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
