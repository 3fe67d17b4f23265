// SPDX-License-Identifier: Apache-2.0
#include "engine/python/record.hpp"

#include <algorithm>
#include <tuple>

namespace tmplbuild {

namespace {

// Takes one row of CSV from the beginning of the text (RFC 4180; lines may end in LF alone).
class Csv {
  public:
    explicit Csv(std::string_view text) : rest_(text) {}
    bool done() const { return rest_.empty(); }

    Result<std::vector<std::string>> row() {
        std::vector<std::string> fields(1);
        while (!rest_.empty()) {
            const char c = take();
            if (c == '"' && fields.back().empty()) {
                if (!quoted(fields.back())) return build_error("RECORD ends within a quoted name");
            } else if (c == ',') {
                fields.emplace_back();
            } else if (c == '\n') {
                break;
            } else if (c == '\r' && (rest_.empty() || rest_.front() == '\n')) {
                continue;
            } else {
                fields.back() += c;
            }
        }
        return fields;
    }

  private:
    char take() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    bool quoted(std::string& field) {
        while (!rest_.empty()) {
            const char c = take();
            if (c != '"') {
                field += c;
            } else if (!rest_.empty() && rest_.front() == '"') {
                field += take();
            } else {
                return true;
            }
        }
        return false;
    }
    std::string_view rest_;
};

std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

}  // namespace

Result<std::vector<RecordRow>> parse_record(std::string_view text) {
    std::vector<RecordRow> rows;
    for (Csv csv(text); !csv.done();) {
        auto fields = csv.row();
        if (!fields) return fields.error();
        if (fields->size() > 3)
            return build_error("RECORD has a row of " + std::to_string(fields->size()) + " fields, for '" +
                               fields->front() + "'");
        fields->resize(3);
        RecordRow row{(*fields)[0], (*fields)[1], (*fields)[2]};
        // Some writers pad their base64, although the specification forbids it.
        row.hash.erase(std::find_if(row.hash.rbegin(), row.hash.rend(), [](char c) { return c != '='; }).base(),
                       row.hash.end());
        if (!row.path.empty()) rows.push_back(std::move(row));
    }
    return rows;
}

std::string write_record(std::vector<RecordRow> rows) {
    std::sort(rows.begin(), rows.end(), [](const RecordRow& a, const RecordRow& b) {
        return std::tie(a.path, a.hash, a.size) < std::tie(b.path, b.hash, b.size);
    });
    std::string out;
    for (const RecordRow& row : rows) out += field(row.path) + "," + row.hash + "," + row.size + "\r\n";
    return out;
}

}  // namespace tmplbuild
