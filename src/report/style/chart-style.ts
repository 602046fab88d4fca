/**
 * Look of the drawings. Series differ by colour (blue, vermilion and green after Okabe and Ito, told
 * apart with any colour vision) and by dash, states by hue and by glyph.
 */
export const chartStyle = `
.chart { display: none; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; }
.chart.wide svg { max-width: 640px; }
.chart.phone svg { max-width: 346px; }
@media (min-width: 601px) { .chart.wide { display: block; } }
@media (min-width: 601px) and (max-width: 1000px) { .chart.tablet { display: block; } }
@media (min-width: 1001px) { .chart.desk { display: block; } }
@media (max-width: 600px) { .chart.phone { display: block; } }
svg text { font-size: 12px; fill: var(--ink-2); font-family: inherit; }
svg .tick, svg .axis-label, svg .note { fill: var(--ink-3); }
svg .axis-label { font-size: 12px; }
svg .name { fill: var(--ink); font-size: 13px; }
svg .name.small { font-size: 12px; }
svg .figure { fill: var(--ink-2); }
svg .strong { fill: var(--ink); font-weight: 600; font-size: 13px; }
svg .series { font-weight: 550; font-size: 13px; }
svg .halo { paint-order: stroke; stroke: var(--ground); stroke-width: 4px; stroke-linejoin: round; }
.grid { stroke: var(--grid); stroke-width: 1; }
.axis { stroke: var(--ink-3); stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.line.one { stroke: var(--one); stroke-width: 2.4; }
.line.two { stroke: var(--two); stroke-dasharray: 7 4; }
.line.three { stroke: var(--three); stroke-dasharray: 1.5 4; }
.line.quiet { stroke: var(--ink-3); stroke-width: 1; stroke-dasharray: 3 3; }
.reference { stroke: var(--ink-2); stroke-width: 1; stroke-dasharray: 3 3; }
.series.one { fill: var(--one); } .series.two { fill: var(--two); } .series.three { fill: var(--three); }
.bar.one { fill: var(--one); } .bar.two { fill: var(--two); } .bar.three { fill: var(--three); }
.bar.three-solid { fill: var(--three-solid); } .bar.quiet { fill: var(--three); opacity: 0.75; }
.hit { fill: transparent; stroke: transparent; stroke-width: 14; }
rect.hit { stroke: none; }
.whisker { stroke-width: 1.6; stroke-linecap: round; opacity: 0.6; }
.one .whisker { stroke: var(--one); } .two .whisker { stroke: var(--two); } .three .whisker { stroke: var(--three); }
.dot { stroke: var(--ground); stroke-width: 1.2; }
.one .dot { fill: var(--one); } .two .dot { fill: var(--two); } .three .dot { fill: var(--three); }
.hollow .dot { fill: var(--ground); stroke-width: 1.8; }
.hollow.one .dot { stroke: var(--one); } .hollow.two .dot { stroke: var(--two); } .hollow.three .dot { stroke: var(--three); }
.spot .dot { opacity: 0; }
.spot:hover .dot, .spot.active .dot { opacity: 1; }
.mark.active .bar { filter: brightness(1.18); }
.mark.active .whisker { opacity: 1; stroke-width: 2.6; }
.mark.active .name { font-weight: 600; }
.span { stroke: var(--one); stroke-width: 5; opacity: 0.3; }
.flag { fill: none; stroke: var(--ink-2); stroke-width: 1; }
.flag.limit { stroke: var(--two); stroke-width: 1.6; }
svg .note.limit { fill: var(--two); }
.ground { fill: var(--mark-ground); }
.heat .tint { fill: var(--one); }
.heat.ok .tint { opacity: 0.5; }
.heat.drift .tint { fill: #e8935a; }
.heat.drift .ground { fill: #fbe3d3; }
.heat.drift text { fill: #3a1600; font-weight: 650; }
.heat text { fill: var(--ink); }
.heat.insufficient .tint { fill: url(#hatch); fill-opacity: 1; }
.heat.insufficient .ground, .heat.missing .ground { fill: none; stroke: var(--rule); }
.heat.unresolved .ground { stroke: var(--ink-2); stroke-dasharray: 3 2; }
.heat.unresolved .tint { opacity: 0.5; }
.heat.missing .tint { fill: none; }
.heat.active .ground { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: none; }
.hatch { stroke: var(--ink-3); stroke-width: 1; opacity: 0.55; }
.sparkline { display: block; }
@media print { .chart { display: none; } .chart.wide, .chart.tablet { display: block; } .chart.phone, .chart.desk { display: none; } }
`;
