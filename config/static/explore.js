// Draws what the page carries as data: a map of places, or lines over time. Loaded on "explore" pages only.
"use strict";

const RAMP = ["--r0", "--r1", "--r2", "--r3", "--r4"];

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function colourscale() {
  return RAMP.map((name, step) => [step / (RAMP.length - 1), token(name)]);
}

function layout(more) {
  const text = { color: token("--ink"), family: getComputedStyle(document.body).fontFamily };
  return { paper_bgcolor: token("--raise"), plot_bgcolor: token("--raise"), font: text, margin: { l: 40, r: 10, t: 10, b: 40 }, ...more };
}

function drawMap(place, data) {
  const narrow = place.clientWidth < 600;
  const trace = {
    type: "choroplethmap",
    showscale: !narrow,
    geojson: data.geojson,
    featureidkey: "id",
    locations: data.locations,
    z: data.values,
    zmin: 0,
    zmax: data.top,
    text: data.text,
    hovertemplate: "%{text}<br>%{z:.3g} " + data.unit + "<extra></extra>",
    colorscale: colourscale(),
    marker: { opacity: 0.9, line: { width: 0 } },
    colorbar: { title: { text: data.unit, side: "right" }, thickness: 12, outlinewidth: 0, y: 0.46, len: 0.88 },
  };
  const map = { style: ground(), center: data.centre, zoom: data.zoom + Math.min(0, Math.log2(place.clientWidth / 650)), layers: data.outlines ? [outline(data.outlines)] : [] };
  return Plotly.newPlot(place, [trace], layout({ map, margin: { l: 0, r: 0, t: 0, b: 0 } }), options());
}

// A map style without any tile server: one plain ground.
function ground() {
  const paint = { "background-color": token("--raise") };
  return { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint }] };
}

function outline(source) {
  return { sourcetype: "geojson", source, type: "line", color: token("--soft"), line: { width: 1.5 } };
}

function drawLines(place, data) {
  const colours = [token("--accent"), token("--soft"), token("--lamp"), token("--r3")];
  const traces = data.series.map((series, at) => ({
    type: "scatter",
    mode: "lines+markers",
    name: series.name,
    x: data.x,
    y: series.values,
    line: { color: colours[at % colours.length], dash: at ? "dash" : "solid" },
  }));
  const axis = { gridcolor: token("--line"), zerolinecolor: token("--line") };
  return Plotly.newPlot(place, traces, layout({ xaxis: axis, yaxis: { ...axis, rangemode: "tozero" } }), options());
}

function options() {
  return { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
}

const place = document.getElementById("plot");
const data = JSON.parse(document.getElementById("plot-data").textContent);
place.replaceChildren();
(data.kind === "lines" ? drawLines : drawMap)(place, data);
