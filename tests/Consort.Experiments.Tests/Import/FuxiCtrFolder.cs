namespace Consort.Experiments.Tests.Import;

/// <summary>A small folder of FuxiCTR's configurations beside its data.</summary>
internal sealed class FuxiCtrFolder : IDisposable
{
    public const string Common = "Base: {model_root: ./checkpoints/, num_workers: 3, verbose: 1, early_stop_patience: 2, gpu: -1}\n";

    public const string Tiny = """
        tiny:
            data_root: ../data
            data_format: csv
            train_data: ./data/train.csv
            valid_data: ./data/valid.csv
            test_data: ./data/test.csv
            min_categr_count: 2
            feature_cols:
                - {name: [user, item], active: True, dtype: str, type: categorical}
                - {name: price, active: True, dtype: float, type: numeric, fill_na: 0, normalizer: MinMaxScaler}
            label_col: {name: click, dtype: float}

        """;

    private readonly TempFolder _folder = new();

    public FuxiCtrFolder(string experiments, string datasets = Tiny)
    {
        File("config/model_config.yaml", experiments);
        File("config/dataset_config.yaml", datasets);
        foreach (var split in new[] { "train", "valid", "test" })
            File($"data/{split}.csv", "click,user,item,price,extra\n1,a,x,2.5,7\n0,b,y,1,8\n1,a,y,3,9\n0,b,x,,9\n");
    }

    public string Config => _folder.At("config");

    public string At(string name) => _folder.At(name);

    public string File(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.At(name))!);
        return _folder.File(name, text);
    }

    public void Dispose() => _folder.Dispose();
}
