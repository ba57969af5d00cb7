/* The desk's own script: keys that press what they stand on, and an address without old words.
   Every page works without it. An element says data-key="x"; while somebody writes, keys are letters. */
(function () {
  var root = document.documentElement, store = "briefings-desk-keys";
  function on() { try { return localStorage.getItem(store) !== "off"; } catch (_) { return true; } }
  function show() {
    root.classList.toggle("has-keys", on());
    document.querySelectorAll(".keysnote").forEach(function (note) { note.hidden = false; });
    document.querySelectorAll("[data-keys-switch]").forEach(function (button) {
      button.textContent = on() ? "Turn keys off" : "Turn keys on";
    });
  }
  function writing(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) &&
      !/^(checkbox|radio|button|submit)$/.test(target.type);
  }
  document.addEventListener("keydown", function (event) {
    if (!on() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) { return; }
    var scope = event.target.closest("[data-keys]") || document;
    var found = scope.querySelector('[data-key="' + CSS.escape(event.key) + '"]') ||
      document.querySelector('[data-key="' + CSS.escape(event.key) + '"]');
    if (found && !found.disabled) { event.preventDefault(); found.focus(); found.click(); }
  });
  /* j and k go from row to row of a list; keys on the buttons of a row work inside it. */
  document.addEventListener("keydown", function (event) {
    if (!on() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writing(event.target) || (event.key !== "j" && event.key !== "k")) { return; }
    var rows = Array.prototype.slice.call(document.querySelectorAll("[data-row]"));
    if (!rows.length) { return; }
    var at = rows.indexOf(event.target.closest("[data-row]"));
    var next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)));
    event.preventDefault();
    rows[next].focus();
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-keys-switch]")) { return; }
    try { localStorage.setItem(store, on() ? "off" : "on"); } catch (_) { return; }
    show();
  });
  if (document.querySelector("[data-said]")) {
    var here = new URL(location.href);
    here.searchParams.delete("said");
    history.replaceState(null, "", here);
  }
  show();
}());
