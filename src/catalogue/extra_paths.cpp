// SPDX-License-Identifier: Apache-2.0
// extra_model_paths.yaml, read by libyaml's events. What ComfyUI's utils/extra_config.py does with it is done here.
#include <yaml.h>

#include <memory>

#include "base/text.hpp"
#include "catalogue/folders.hpp"

namespace tmplbuild::catalogue {
namespace {

constexpr std::size_t max_yaml_bytes = 1 << 20, max_extra_folders = 2000;

struct Scalar {
    std::string text;
    bool is_plain = false;  // without quotes: only then are `null` and `true` more than text
    SourcePos pos;
};

// The events of one document, one after the other.
class Events {
  public:
    Events(std::string_view text, const std::string& file) : file_(file) {
        yaml_parser_initialize(&parser_);
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    }
    ~Events() {
        yaml_event_delete(&event_);
        yaml_parser_delete(&parser_);
    }
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;

    Result<yaml_event_type_t> next() {
        yaml_event_delete(&event_);
        event_ = {};
        if (yaml_parser_parse(&parser_, &event_) == 1) return event_.type;
        Error error = usage_error(std::string("this is no YAML: ") +
                                  (parser_.problem != nullptr ? parser_.problem : "the text cannot be read"));
        error.where = SourcePos{file_, static_cast<unsigned>(parser_.problem_mark.line + 1),
                                static_cast<unsigned>(parser_.problem_mark.column + 1)};
        return error;
    }
    SourcePos pos() const {
        return {file_, static_cast<unsigned>(event_.start_mark.line + 1),
                static_cast<unsigned>(event_.start_mark.column + 1)};
    }
    Scalar scalar() const {
        const auto& from = event_.data.scalar;
        return {std::string(reinterpret_cast<const char*>(from.value), from.length),
                from.style == YAML_PLAIN_SCALAR_STYLE, pos()};
    }
    Error wrong(std::string message, std::string hint = {}) const {
        Error error = usage_error(std::move(message), std::move(hint));
        error.where = pos();
        return error;
    }

  private:
    const std::string& file_;
    yaml_parser_t parser_{};
    yaml_event_t event_{};
};

std::string expanded(std::string text, const std::map<std::string, std::string>& environment) {
    const auto value = [&](const std::string& name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
    };
    if (text == "~" || text.starts_with("~/"))
        if (const std::string home = value("HOME"); !home.empty()) text = home + text.substr(1);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const bool braces = text.compare(at, 2, "${") == 0;
        const std::size_t begin = at + (braces ? 2 : 1);
        std::size_t end = begin;
        while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
            ++end;
        const std::string name = text[at] == '$' ? text.substr(begin, end - begin) : "";
        const bool closed = !braces || (end < text.size() && text[end] == '}');
        // As os.path.expandvars: what is not set stays as it is written.
        if (!name.empty() && closed && environment.contains(name)) {
            out += value(name);
            at = end + (braces ? 1 : 0);
        } else {
            out += text[at++];
        }
    }
    return out;
}

// Without "." and "..", as os.path.normpath.
std::string normal_path(const std::string& path) {
    std::vector<std::string> kept;
    for (const std::string& part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part != "..")
            kept.push_back(part);
        else if (!kept.empty())
            kept.pop_back();
    }
    return "/" + join(kept, "/");
}

struct Block {
    std::optional<std::string> base;
    bool is_default = false;
    std::vector<std::pair<Scalar, Scalar>> kinds;  // a kind, and its paths, one a line
};

Result<void> take_pair(Block& block, const Scalar& key, const Scalar& value) {
    if (key.text == "base_path") {
        block.base = value.text;
    } else if (key.text == "is_default") {
        const std::string word = to_lower(value.text);
        block.is_default = word == "true" || word == "yes" || word == "on";
    } else if (!(value.is_plain && (value.text.empty() || value.text == "~" || value.text == "null"))) {
        block.kinds.emplace_back(key, value);
    }
    return {};
}

// The pairs of one block, whose beginning was read.
Result<Block> read_block(Events& events, const std::string& name) {
    Block block;
    for (;;) {
        const auto key_event = events.next();
        if (!key_event) return key_event.error();
        if (*key_event == YAML_MAPPING_END_EVENT) return block;
        if (*key_event != YAML_SCALAR_EVENT) return events.wrong("a key of the block '" + name + "' must be a word");
        const Scalar key = events.scalar();
        const auto value_event = events.next();
        if (!value_event) return value_event.error();
        if (*value_event != YAML_SCALAR_EVENT)
            return events.wrong("'" + key.text + "' of the block '" + name + "' must be text",
                                "several folders are written after '|', one a line");
        if (block.kinds.size() >= max_extra_folders) return events.wrong("the block '" + name + "' is too long");
        if (const auto taken = take_pair(block, key, events.scalar()); !taken) return taken.error();
    }
}

void add_block(std::vector<ExtraFolder>& out, const Block& block, const PathsContext& context) {
    const std::string folder = context.file.substr(0, context.file.rfind('/'));
    std::string base;
    if (block.base) base = expanded(*block.base, context.environment);
    if (block.base && !base.starts_with('/')) base = folder + "/" + base;
    for (const auto& [kind, paths] : block.kinds) {
        if (kind.text == "custom_nodes") continue;  // no models
        for (const std::string& line : split(paths.text, '\n')) {
            if (line.empty() || out.size() >= max_extra_folders) continue;
            const std::string path = line.starts_with('/') ? line : (block.base ? base : folder) + "/" + line;
            const FolderKind* known = folder_kind(kind.text);
            // folder_paths.map_legacy() knows two older names.
            const bool legacy = kind.text == "unet" || kind.text == "clip";
            out.push_back({legacy && known != nullptr ? std::string(known->name) : kind.text, normal_path(path),
                           block.is_default});
        }
    }
}

// The mapping of blocks, whose beginning was read.
Result<std::vector<ExtraFolder>> read_blocks(Events& events, const PathsContext& context) {
    std::vector<ExtraFolder> out;
    for (;;) {
        const auto key_event = events.next();
        if (!key_event) return key_event.error();
        if (*key_event == YAML_MAPPING_END_EVENT) return out;
        if (*key_event != YAML_SCALAR_EVENT) return events.wrong("a block's name must be a word");
        const Scalar name = events.scalar();
        const auto value_event = events.next();
        if (!value_event) return value_event.error();
        if (*value_event == YAML_MAPPING_START_EVENT) {
            const auto block = read_block(events, name.text);
            if (!block) return block.error();
            add_block(out, *block, context);
            continue;
        }
        // A block of which all lines are comments.
        if (*value_event == YAML_SCALAR_EVENT && events.scalar().text.empty()) continue;
        return events.wrong("the block '" + name.text + "' must hold lines such as 'checkpoints: models/checkpoints'");
    }
}

}  // namespace

Result<std::vector<ExtraFolder>> read_extra_model_paths(std::string_view text, const PathsContext& context) {
    if (text.size() > max_yaml_bytes) return usage_error(context.file + " has more than 1 MiB");
    Events events(text, context.file);
    for (;;) {
        const auto event = events.next();
        if (!event) return event.error();
        if (*event == YAML_MAPPING_START_EVENT) return read_blocks(events, context);
        if (*event == YAML_STREAM_END_EVENT) return std::vector<ExtraFolder>{};
        if (*event == YAML_SCALAR_EVENT && events.scalar().text.empty()) return std::vector<ExtraFolder>{};
        if (*event != YAML_STREAM_START_EVENT && *event != YAML_DOCUMENT_START_EVENT)
            return events.wrong("the file must hold blocks: a name, and below it lines 'kind: folder'");
    }
}

}  // namespace tmplbuild::catalogue
