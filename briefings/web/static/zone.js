/* Chooses the browser's own time zone in the form, unless somebody chose one already. */
(function () {
  var field = document.querySelector("select[data-guess]");
  if (!field || field.hasAttribute("data-chosen")) { return; }
  var guess = "";
  try { guess = Intl.DateTimeFormat().resolvedOptions().timeZone || ""; } catch (e) { return; }
  if (!/^[A-Za-z0-9_+\/-]{1,64}$/.test(guess)) { return; }
  var known = Array.prototype.some.call(field.options, function (each) { return each.value === guess; });
  if (!known) { field.add(new Option(guess.replace(/_/g, " "), guess), 1); }
  field.value = guess;
}());
