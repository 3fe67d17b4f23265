// SPDX-License-Identifier: Apache-2.0
#include "console/files/tensor_header.hpp"

#include <unistd.h>

#include <boost/json/basic_parser_impl.hpp>
#include <map>
#include <vector>

#include "base/utf8.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr std::size_t most_shown = 10'000, most_dimensions = 16, most_types = 64;
constexpr std::size_t longest_text = 64 << 10, most_metadata = 4 << 20, header_piece = 256 << 10;

// What of the JSON is kept, by where it stands: {"__metadata__":{…}, "NAME":{"dtype":…,"shape":[…],…}}.
class Collector {
  public:
    static constexpr std::size_t max_object_size = SIZE_MAX, max_array_size = SIZE_MAX, max_key_size = SIZE_MAX,
                                 max_string_size = SIZE_MAX;
    using Code = boost::json::error_code;
    using Text = boost::json::string_view;

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) {
        ++depth_;
        if (depth_ == 2) tensor_ = {};
        return true;
    }
    bool on_object_end(std::size_t, Code&) {
        if (depth_ == 2 && top_ != "__metadata__") end_tensor();
        --depth_;
        return true;
    }
    bool on_array_begin(Code&) {
        ++depth_;
        return true;
    }
    bool on_array_end(std::size_t, Code&) {
        --depth_;
        return true;
    }
    bool on_key_part(Text part, std::size_t, Code&) { return add(part); }
    bool on_key(Text part, std::size_t, Code&) {
        add(part);
        (depth_ == 1 ? top_ : inner_) = std::exchange(text_, {});
        return true;
    }
    bool on_string_part(Text part, std::size_t, Code&) { return add(part); }
    bool on_string(Text part, std::size_t, Code&) {
        add(part);
        std::string text = std::exchange(text_, {});
        if (depth_ != 2) return true;
        if (top_ != "__metadata__") {
            if (inner_ == "dtype") tensor_.type = std::move(text);
        } else if (metadata_size_ + inner_.size() + text.size() <= most_metadata) {
            metadata_size_ += inner_.size() + text.size();
            metadata[inner_] = valid_utf8(std::move(text));
        } else {
            truncated = true;
        }
        return true;
    }
    bool on_number_part(Text, Code&) { return true; }
    bool on_int64(std::int64_t number, Text, Code&) {
        return dimension(number < 0 ? 0 : static_cast<std::uint64_t>(number));
    }
    bool on_uint64(std::uint64_t number, Text, Code&) { return dimension(number); }
    bool on_double(double, Text, Code&) { return true; }
    bool on_bool(bool, Code&) { return true; }
    bool on_null(Code&) { return true; }
    bool on_comment_part(Text, Code&) { return true; }
    bool on_comment(Text, Code&) { return true; }

    json::object metadata{};
    json::array tensors{};
    std::map<std::string, std::uint64_t> types{};
    std::uint64_t count = 0, parameters = 0;
    bool truncated = false;

  private:
    struct Tensor {
        std::string type{};
        std::vector<std::uint64_t> shape{};
    };

    // A text that is too long is cut: the rest of it is passed over.
    bool add(Text part) {
        const std::size_t room = longest_text - std::min(longest_text, text_.size());
        if (part.size() > room) truncated = true;
        text_.append(part.data(), std::min(part.size(), room));
        return true;
    }
    bool dimension(std::uint64_t number) {
        if (depth_ == 3 && inner_ == "shape" && tensor_.shape.size() < most_dimensions) tensor_.shape.push_back(number);
        return true;
    }
    void end_tensor() {
        ++count;
        std::uint64_t size = 1;
        for (const std::uint64_t one : tensor_.shape)
            size = one != 0 && size > UINT64_MAX / one ? UINT64_MAX : size * one;
        parameters = size > INT64_MAX - std::min<std::uint64_t>(parameters, INT64_MAX) ? INT64_MAX : parameters + size;
        if (types.size() < most_types || types.contains(tensor_.type)) ++types[valid_utf8(tensor_.type)];
        if (tensors.size() >= most_shown) {
            truncated = true;
            return;
        }
        json::array shape(tensor_.shape.begin(), tensor_.shape.end());
        tensors.push_back(
            json::object{{"name", valid_utf8(top_)}, {"dtype", valid_utf8(tensor_.type)}, {"shape", std::move(shape)}});
    }

    int depth_ = 0;
    std::string text_{}, top_{}, inner_{};
    Tensor tensor_{};
    std::size_t metadata_size_ = 0;
};

Refusal no_header(const char* why) { return {422, std::string("this is no safetensors file: ") + why, {}}; }

}  // namespace

Reply<json::object> read_tensor_header(int file, std::uint64_t file_size) {
    std::array<unsigned char, 8> raw{};
    if (::pread(file, raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size()))
        return no_header("it is too short");
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) size |= static_cast<std::uint64_t>(raw[i]) << (8 * i);
    if (size > longest_tensor_header) return no_header("its header would have more than 100 MB");
    if (size > file_size - raw.size()) return no_header("its header is longer than the file: it was cut off");
    boost::json::basic_parser<Collector> parser{boost::json::parse_options{}};
    std::string piece(header_piece, '\0');
    boost::json::error_code error;
    for (std::uint64_t at = 0; at < size && !error;) {
        const ssize_t got = ::pread(file, piece.data(), std::min<std::uint64_t>(piece.size(), size - at),
                                    static_cast<off_t>(raw.size() + at));
        if (got <= 0) return no_header("it cannot be read to its header's end");
        at += static_cast<std::uint64_t>(got);
        const std::size_t taken = parser.write_some(at < size, piece.data(), static_cast<std::size_t>(got), error);
        if (!error && taken != static_cast<std::size_t>(got)) return no_header("its header is followed by something");
    }
    if (error || !parser.done()) return no_header("its header is no JSON");
    Collector& found = parser.handler();
    json::object types;
    for (const auto& [name, count] : found.types) types[name] = count;
    return json::object{{"metadata", std::move(found.metadata)}, {"tensors", std::move(found.tensors)},
                        {"tensor_count", found.count},           {"dtypes", std::move(types)},
                        {"parameters", found.parameters},        {"truncated", found.truncated}};
}

}  // namespace tmplbuild::console::files
