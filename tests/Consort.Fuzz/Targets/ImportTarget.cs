using Consort.Import;

namespace Consort.Fuzz.Targets;

/// <summary>Configurations of FuxiCTR. An input is model_config.yaml, a line <c>--8&lt;--</c>, and dataset_config.yaml.</summary>
internal sealed class ImportTarget : FuzzTarget
{
    private static readonly byte[] Cut = "--8<--\n"u8.ToArray();
    private string _folder = "";

    public override string Name => "import";

    public override string What => "FuxiCTR's configurations";

    public override IReadOnlyList<string> Words { get; } =
    [
        "Base", "tiny", "model", "DeepFM", "DCNv2", "dataset_id", "loss", "binary_crossentropy", "metrics", "['logloss', 'AUC']", "gAUC",
        "task", "optimizer", "adam", "learning_rate", "embedding_regularizer", "net_regularizer", "batch_size", "embedding_dim",
        "dnn_hidden_units", "dnn_activations", "net_dropout", "batch_norm", "epochs", "monitor", "monitor_mode", "shuffle", "seed",
        "data_root", "data_format", "csv", "h5", "parquet", "train_data", "min_categr_count", "feature_cols", "name", "active", "dtype",
        "str", "float",
        "type", "categorical", "numeric", "sequence", "fill_na", "normalizer", "MinMaxScaler", "StandardScaler", "label_col",
        "share_embedding", "max_len", "splitter", "padding", "pre", "embedding_hook", "null", "True",
    ];

    public override void Prepare(string folder)
    {
        _folder = Path.Combine(folder, "config");
        Directory.CreateDirectory(_folder);
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        foreach (var split in new[] { "train", "valid", "test" })
            File.WriteAllText(Path.Combine(folder, "data", $"{split}.csv"), "click,user,item,price,extra\n1,a,x,2.5,7\n0,b,y,1,8\n");
    }

    public override bool Try(byte[] input)
    {
        var at = input.AsSpan().IndexOf(Cut);
        File.WriteAllBytes(Path.Combine(_folder, "model_config.yaml"), at < 0 ? input : input[..at]);
        File.WriteAllBytes(Path.Combine(_folder, "dataset_config.yaml"), at < 0 ? [] : input[(at + Cut.Length)..]);
        FuxiCtrImport.Read(_folder, "tiny", Path.Combine(_folder, "out.yaml"));
        return true;
    }
}
