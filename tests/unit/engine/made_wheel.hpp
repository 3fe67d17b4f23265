// SPDX-License-Identifier: Apache-2.0
// Wheels made on the spot, right or wrong in one point.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/named_hash.hpp"
#include "support/zip_file.hpp"

namespace test {

using namespace tmplbuild;

// A wheel as a builder would make it: METADATA, WHEEL and a RECORD that is right unless `record` changes it.
struct TestWheel {
    std::string name = "thing", version = "1.0";
    std::vector<ZipItem> items{};
    std::string entry_points{};
    std::map<std::string, std::string> record{};  // name → hash instead of the right one; "-": not listed
    int group = 0;

    std::string info() const { return name + "-" + version + ".dist-info"; }
    std::string data() const { return name + "-" + version + ".data"; }
    std::vector<ZipItem> members() const {
        std::vector<ZipItem> all = items;
        all.push_back({info() + "/METADATA", "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n"});
        all.push_back({info() + "/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"});
        if (!entry_points.empty()) all.push_back({info() + "/entry_points.txt", entry_points});
        std::string rows;
        for (const ZipItem& item : all) {
            auto other = record.find(item.name);
            if (other != record.end() && other->second == "-") continue;
            rows += item.name + "," + (other == record.end() ? NamedHash::sha256(item.content) : other->second) + "," +
                    std::to_string(item.content.size()) + "\n";
        }
        all.push_back({info() + "/RECORD", rows + info() + "/RECORD,,\n"});
        return all;
    }
};

}  // namespace test
