// SPDX-License-Identifier: Apache-2.0
#include "console/models/own_catalogue.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "sys/file.hpp"

namespace tmplbuild::console {

namespace {

constexpr const char* facts_file = "files.json";
constexpr std::uint64_t longest_facts = 16 << 20;

Result<sys::KeptFolder> models_folder(const ModelPlaces& places) {
    return sys::KeptFolder::open(places.volume, {".tmplbuild", "models"});
}

bool has_models_folder(const ModelPlaces& places) {
    struct stat info {};
    return ::stat((places.volume + "/.tmplbuild/models").c_str(), &info) == 0;
}

void add_problem(Catalogues& out, const Error& error) {
    out.problem += (out.problem.empty() ? "" : "; ") + error.to_string();
}

catalogue::Catalogue read_image_catalogue(const ModelPlaces& places, Catalogues& out) {
    const auto text = sys::read_beginning(places.image_catalogue, catalogue::max_catalogue_bytes);
    if (!text) {
        if (text.error().os_code != ENOENT) add_problem(out, text.error());
        return {};
    }
    auto read = catalogue::read_catalogue(*text, places.image_catalogue);
    if (read) return std::move(*read);
    add_problem(out, read.error());
    return {};
}

Result<catalogue::Catalogue> read_own(const sys::KeptFolder& folder) {
    const auto text = folder.read(own_catalogue_file, catalogue::max_catalogue_bytes);
    if (!text) return text.error();
    if (!*text) return catalogue::Catalogue{};
    return catalogue::read_catalogue(**text, own_catalogue_file);
}

}  // namespace

Catalogues read_catalogues(const ModelPlaces& places) {
    Catalogues out;
    out.image = read_image_catalogue(places, out);
    if (!has_models_folder(places)) return out;
    const auto folder = models_folder(places);
    auto own = folder ? read_own(*folder) : Result<catalogue::Catalogue>(folder.error());
    if (own)
        out.own = std::move(*own);
    else
        add_problem(out, own.error());
    return out;
}

Reply<void> change_catalogue(const ModelPlaces& places, const std::function<Reply<void>(Catalogues&)>& change) {
    struct stat info {};
    if (::stat(places.volume.c_str(), &info) != 0)
        return Refusal{409, "this pod has no volume to keep a catalogue on",
                       "attach one, or change the template's own"};
    const auto folder = models_folder(places);
    if (!folder) return refusal_of(folder.error());
    const auto lock = folder->lock();
    if (!lock) return refusal_of(lock.error());
    Catalogues both;
    both.image = read_image_catalogue(places, both);
    auto own = read_own(*folder);
    if (!own)
        return Refusal{409, own.error().to_string(),
                       "put " + std::string(own_catalogue_file) + " right, or move it away"};
    both.own = std::move(*own);
    if (const auto done = change(both); !done) return done.error();
    const std::string text = catalogue::write_catalogue(both.own);
    // What is written can be read again, whatever was asked for.
    if (const auto again = catalogue::read_catalogue(text, own_catalogue_file); !again)
        return Refusal{400, again.error().message, again.error().hint};
    if (const auto put = folder->write(own_catalogue_file, text); !put) return refusal_of(put.error());
    return {};
}

KeptFacts read_kept_facts(const ModelPlaces& places) {
    if (!has_models_folder(places)) return {};
    const auto folder = models_folder(places);
    const auto text =
        folder ? folder->read(facts_file, longest_facts) : Result<std::optional<std::string>>(folder.error());
    return text && *text ? KeptFacts::parse(**text) : KeptFacts{};
}

void keep_facts(const ModelPlaces& places, const KeptFacts& facts) {
    if (facts == KeptFacts{}) return;
    const auto folder = models_folder(places);
    if (!folder) return;
    const auto lock = folder->lock();
    if (!lock) return;
    KeptFacts all = facts;
    const auto text = folder->read(facts_file, longest_facts);
    const KeptFacts before = text && *text ? KeptFacts::parse(**text) : KeptFacts{};
    all.merge(before);
    if (all != before) (void)folder->write(facts_file, all.to_text());
}

}  // namespace tmplbuild::console
