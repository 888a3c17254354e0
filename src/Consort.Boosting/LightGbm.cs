using System.Runtime.InteropServices;

namespace Consort.Boosting;

/// <summary>The part of LightGBM's C interface (version 4) that trains and scores trees over a matrix of floats.</summary>
internal static class LightGbm
{
    private const string Library = "lib_lightgbm";
    private const DllImportSearchPath Places = DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory;
    private const int Float32 = 0, RowMajor = 1, Probability = 0, ValidData = 1;

    // Before the first call loads the library.
    static LightGbm() => OpenMp.WaitAsleep();

    /// <summary>Rows with labels.</summary>
    /// <param name="values">Row after row, [rows × columns].</param>
    /// <param name="labels">[rows].</param>
    /// <param name="columns">A row's.</param>
    /// <param name="parameters">As LightGBM writes them: <c>key=value key=value</c>.</param>
    /// <param name="reference">Rows whose bins these take, or zero.</param>
    /// <param name="weights">How much each counts, or null.</param>
    /// <exception cref="ConsortException">LightGBM is not to be had on this machine, or refuses the rows.</exception>
    public static nint Rows(float[] values, float[] labels, int columns, string parameters, nint reference, float[]? weights = null)
    {
        try
        {
            Check(LGBM_DatasetCreateFromMat(values, Float32, labels.Length, columns, RowMajor, parameters, reference, out var rows));
            Check(LGBM_DatasetSetField(rows, "label", labels, labels.Length, Float32));
            if (weights is not null)
                Check(LGBM_DatasetSetField(rows, "weight", weights, weights.Length, Float32));
            return rows;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new ConsortException($"LightGBM: found no native library of it that runs here ({e.Message.ReplaceLineEndings(" ")}), expected an x64 Linux with libgomp (apt-get install libgomp1), Windows or macOS", e);
        }
    }

    /// <summary>A model without trees, which is measured on the second rows, or on nothing where these are zero.</summary>
    public static nint Booster(nint train, nint valid, string parameters)
    {
        Check(LGBM_BoosterCreate(train, parameters, out var booster));
        if (valid != 0)
            Check(LGBM_BoosterAddValidData(booster, valid));
        return booster;
    }

    /// <summary>Grows a tree more and gives the metric on the second rows; NaN where there are none.</summary>
    public static double Grow(nint booster, bool isMeasured)
    {
        Check(LGBM_BoosterUpdateOneIter(booster, out _));
        if (!isMeasured)
            return double.NaN;
        var metric = new double[1];
        Check(LGBM_BoosterGetEval(booster, ValidData, out _, metric));
        return metric[0];
    }

    /// <summary>Probabilities by the first trees.</summary>
    public static double[] Predict(nint booster, float[] values, int rows, int columns, int trees)
    {
        var probabilities = new double[rows];
        Check(LGBM_BoosterPredictForMat(
            booster, values, Float32, rows, columns, RowMajor, Probability, 0, trees, "", out _, probabilities));
        return probabilities;
    }

    /// <summary>Gives memory back.</summary>
    public static void Free(nint booster, params ReadOnlySpan<nint> rows)
    {
        Check(LGBM_BoosterFree(booster));
        foreach (var each in rows)
            Check(LGBM_DatasetFree(each));
    }

    /// <summary>Whether the native library runs on this machine.</summary>
    public static bool IsHere
    {
        get
        {
            try
            {
                return LGBM_GetLastError() != 0;
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                return false;
            }
        }
    }

    private static void Check(int result)
    {
        if (result != 0)
            throw new ConsortException($"LightGBM: {Marshal.PtrToStringUTF8(LGBM_GetLastError())}");
    }

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(Places)]
    private static extern nint LGBM_GetLastError();

    [DllImport(Library, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(Places)]
    private static extern int LGBM_DatasetCreateFromMat(
        float[] data, int type, int rows, int columns, int isRowMajor,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string parameters, nint reference, out nint dataset);

    [DllImport(Library, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(Places)]
    private static extern int LGBM_DatasetSetField(
        nint dataset, [MarshalAs(UnmanagedType.LPUTF8Str)] string field, float[] data, int count, int type);

    [DllImport(Library, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(Places)]
    private static extern int LGBM_BoosterCreate(nint dataset, [MarshalAs(UnmanagedType.LPUTF8Str)] string parameters, out nint booster);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(Places)]
    private static extern int LGBM_BoosterAddValidData(nint booster, nint dataset);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(Places)]
    private static extern int LGBM_BoosterUpdateOneIter(nint booster, out int isFinished);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(Places)]
    private static extern int LGBM_BoosterGetEval(nint booster, int data, out int count, [In, Out] double[] results);

    [DllImport(Library, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(Places)]
    private static extern int LGBM_BoosterPredictForMat(
        nint booster, float[] data, int type, int rows, int columns, int isRowMajor, int kind, int firstTree, int trees,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string parameters, out long count, [In, Out] double[] results);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(Places)]
    private static extern int LGBM_BoosterFree(nint booster);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(Places)]
    private static extern int LGBM_DatasetFree(nint dataset);
}
