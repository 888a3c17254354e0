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
        var rates = import.Section.Take("attention_dropout") is { } value ? value.Items.Select(i => YamlText.Of(i.Number)) : ["0", "0"];
        import.Set("attention_dropout", YamlText.List(rates));
        import.Require("use_attention", v => v.Flag, "pairs are always weighted; a sum of pairs without weights is the model FM");
        import.NoEmbeddingDropout();
    }

    /// <summary>The second tower is there only with <c>ensemble_dnn</c>.</summary>
    public static void Afn(ModelImport import)
    {
        if (import.Section.Take("ensemble_dnn") is { } ensemble && !ensemble.Flag)
            import.Set("hidden_units", "[]");
    }

    /// <summary>FuxiCTR names the widths by where the tower stands.</summary>
    public static void DcnV2(ModelImport import)
    {
        var structure = import.Get("structure");
        var (parallel, stacked) = (import.Section.TakeAny("parallel_dnn_hidden_units"), import.Section.TakeAny("stacked_dnn_hidden_units"));
        var used = structure is "stacked" ? stacked : parallel ?? (structure is "parallel" ? null : stacked);
        if (structure != "crossnet_only")
            import.Set("hidden_units", used is null || used.IsNone ? "[]" : YamlText.List(used.Items.Select(i => YamlText.Of(i.Integer))));
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
            import.Members[0].RemoveAll(p => p.Key is "low_rank" or "num_experts");
    }

    /// <summary>Two blocks that teach each other are two members that learn from their mean.</summary>
    public static void FinalNet(ModelImport import)
    {
        if (import.Section.TakeAny("norm_type") is { } norm)
        {
            import.Set("batch_norm", YamlText.Of(!norm.IsNone && norm.Text == "BN"));
            if (!norm.IsNone && norm.Text != "BN")
                import.Notes.Lost(norm, "blocks are batch-normalised or not at all");
        }

        var isTwo = import.Section.Take("block_type") is not { } type || type.Text != "1B";
        var first = import.Members[0];
        var second = first.FindAll(p => p.Key.StartsWith("block2_", StringComparison.Ordinal));
        first.RemoveAll(second.Contains);
        first.Insert(1, ("block_type", "1B"));
        if (!isTwo)
            return;
        import.Members.Add(
        [
            .. first.Where(p => p.Key is "model" or "block_type" or "batch_norm" or "residual_type"),
            .. second.Select(p => ($"block1{p.Key["block2".Length..]}", p.Value)),
        ]);
        import.Strategy = "{ name: supervised, loss: ensemble, fusion: mean, self_distillation: 1 }";
    }
}
