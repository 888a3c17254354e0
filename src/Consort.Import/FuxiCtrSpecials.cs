using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>What of a model's keys is more than one value under another name.</summary>
internal static class FuxiCtrSpecials
{
    /// <summary>Dropout of embeddings, which no model has here.</summary>
    public static void NoEmbeddingDropout(this ModelImport import) =>
        import.Require("embedding_dropout", v => v.TryNumber() == 0, "embeddings do not drop");

    /// <summary>One rate or two.</summary>
    public static void Afm(ModelImport import)
    {
        var rates = import.Section.Take("attention_dropout") is { } value ? value.Items.Select(i => i.Number) : [0, 0];
        import.Set("attention_dropout", OptionTree.List(rates.Select(r => (OptionTree)Domain.Show(r))));
        import.Require("use_attention", v => v.Flag, "pairs are always weighted; a sum of pairs without weights is the model FM");
        import.NoEmbeddingDropout();
    }

    /// <summary>The second tower is there only with <c>ensemble_dnn</c>.</summary>
    public static void Afn(ModelImport import)
    {
        if (import.Section.Take("ensemble_dnn") is { } ensemble && !ensemble.Flag)
            import.Set("hidden_units", OptionTree.List());
    }

    /// <summary>FuxiCTR names the widths by where the tower stands.</summary>
    public static void DcnV2(ModelImport import)
    {
        var structure = import.Get("structure");
        var (parallel, stacked) = (import.Section.TakeAny("parallel_dnn_hidden_units"), import.Section.TakeAny("stacked_dnn_hidden_units"));
        var used = structure is "stacked" ? stacked : parallel ?? (structure is "parallel" ? null : stacked);
        if (structure != "crossnet_only")
            import.Set("hidden_units", OptionTree.List(used is null || used.IsNone ? [] : used.Items.Select(i => (OptionTree)i.Integer)));
        foreach (var other in new[] { parallel, stacked })
        {
            if (other is null || other == used || other.IsNone)
                continue;
            if (structure != "stacked_parallel")
                import.Notes.Unneeded(other, $"not read where the structure is {structure}");
            else if (other.Shown != used?.Shown)
                import.Notes.Lost(other, "both towers have the same widths; those of the parallel one stand for both");
        }

        if (import.Get("use_low_rank_mixture") != "true")
            import.Members[0] = import.Members[0].Without("low_rank", "num_experts");
    }

    /// <summary>Two blocks that teach each other are two members that learn from their mean.</summary>
    public static void FinalNet(ModelImport import)
    {
        if (import.Section.TakeAny("norm_type") is { } norm)
        {
            import.Set("batch_norm", !norm.IsNone && norm.Text == "BN");
            if (!norm.IsNone && norm.Text != "BN")
                import.Notes.Lost(norm, "blocks are batch-normalised or not at all");
        }

        var isTwo = import.Section.Take("block_type") is not { } type || type.Text != "1B";
        var keys = ((OptionGroup)import.Members[0]).Entries.ToLookup(e => e.Key.StartsWith("block2_", StringComparison.Ordinal));
        var first = OptionTree.Keys(keys[false].Select(e => (e.Key, e.Value)).Append(("block_type", "1B")));
        import.Members[0] = first;
        if (!isTwo)
            return;
        import.Members.Add(OptionTree.Keys(
            [("model", first["model"]), ("block_type", "1B"), ("batch_norm", first["batch_norm"]),
                ("residual_type", first["residual_type"]),
             .. keys[true].Select(e => ($"block1{e.Key["block2".Length..]}", e.Value))]));
        import.Strategy = OptionTree.Parse("{ name: supervised, loss: ensemble, fusion: mean, self_distillation: 1 }");
    }
}
