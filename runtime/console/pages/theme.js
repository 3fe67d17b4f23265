// SPDX-License-Identifier: Apache-2.0
// Chooses dark or light before anything is painted: what this browser was told last, else what its system says. A classic
// script, since a module would run too late.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => {
    try {
      return localStorage.getItem("tmplbuild-theme");
    } catch {
      return null;  // storage is forbidden: the system decides
    }
  };
  const apply = () => {
    const theme = kept();
    document.documentElement.dataset.theme = theme === "dark" || theme === "light" ? theme : system.matches ? "dark" : "light";
  };
  apply();
  document.documentElement.classList.add("scripted");
  system.addEventListener("change", apply);
})();
