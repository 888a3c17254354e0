using Consort.Cli.Terminals;
using Consort.Learning.Strategies;

namespace Consort.Cli.Commands;

/// <summary>Lists the ways in which members can learn, or the options of one.</summary>
internal sealed class StrategiesCommand(Terminal terminal) : CatalogueCommand<Strategy>(
    "strategies", "List the ways in which members learn, from labels and from each other, or the options of one.", "strategy",
    "how members learn",
    StrategyCatalogue.All, terminal, "strategies", "strategies kdef");
