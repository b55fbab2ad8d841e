/* Load what the page has: the explorer, or a stepper. As modules from a server; joined into one file where the page is
   opened as a file, since browsers load no modules from files. tools/explorer.py joins them. */
{
  const here = document.currentScript.src;
  if (window.location.protocol === "file:") {
    const script = document.createElement("script");
    script.src = new URL("joined.js", here);
    document.head.append(script);
  } else {
    import(new URL(document.querySelector("shape-explorer") ? "explorer.js" : "stepper.js", here));
  }
}
