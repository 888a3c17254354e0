using Consort.Cli.Terminals;
using Consort.Models;
using Consort.Models.Layers;

namespace Consort.Cli.Commands;

/// <summary>Lists the models that an experiment can name, or the options of one.</summary>
internal sealed class ModelsCommand(Terminal terminal) : CatalogueCommand<CtrModel>(
    "models", "List the models that an experiment can name, or the options of one.", "model", "what it is", ModelCatalogue.All, terminal,
    "models", "models DeepFM");
