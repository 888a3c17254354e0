using System.Runtime.InteropServices;

namespace Consort.Benchmarks.Peers;

/// <summary>The part of LightGBM's C interface (version 4) that trains and scores trees over a matrix of floats.</summary>
internal static partial class LightGbm
{
    private const string Library = "lib_lightgbm";
    private const int Float32 = 0, RowMajor = 1, Probability = 0, ValidData = 1;

    /// <summary>Rows with labels.</summary>
    /// <param name="values">Row after row, [rows × columns].</param>
    /// <param name="labels">[rows].</param>
    /// <param name="columns">A row's.</param>
    /// <param name="parameters">As LightGBM writes them: <c>key=value key=value</c>.</param>
    /// <param name="reference">Rows whose bins these take, or zero.</param>
    public static nint Rows(float[] values, float[] labels, int columns, string parameters, nint reference)
    {
        Check(LGBM_DatasetCreateFromMat(values, Float32, labels.Length, columns, RowMajor, parameters, reference, out var rows));
        Check(LGBM_DatasetSetField(rows, "label", labels, labels.Length, Float32));
        return rows;
    }

    /// <summary>A model without trees, which is measured on the second rows.</summary>
    public static nint Booster(nint train, nint valid, string parameters)
    {
        Check(LGBM_BoosterCreate(train, parameters, out var booster));
        Check(LGBM_BoosterAddValidData(booster, valid));
        return booster;
    }

    /// <summary>Grows a tree more and gives the metric on the second rows.</summary>
    public static double Grow(nint booster)
    {
        Check(LGBM_BoosterUpdateOneIter(booster, out _));
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

    private static void Check(int result)
    {
        if (result != 0)
            throw new ConsortException($"LightGBM: {Marshal.PtrToStringUTF8(LGBM_GetLastError())}");
    }

    [LibraryImport(Library)]
    private static partial nint LGBM_GetLastError();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LGBM_DatasetCreateFromMat(
        float[] data, int type, int rows, int columns, int isRowMajor, string parameters, nint reference, out nint dataset);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LGBM_DatasetSetField(nint dataset, string field, float[] data, int count, int type);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LGBM_BoosterCreate(nint dataset, string parameters, out nint booster);

    [LibraryImport(Library)]
    private static partial int LGBM_BoosterAddValidData(nint booster, nint dataset);

    [LibraryImport(Library)]
    private static partial int LGBM_BoosterUpdateOneIter(nint booster, out int isFinished);

    [LibraryImport(Library)]
    private static partial int LGBM_BoosterGetEval(nint booster, int data, out int count, [In, Out] double[] results);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LGBM_BoosterPredictForMat(
        nint booster, float[] data, int type, int rows, int columns, int isRowMajor, int kind, int firstTree, int trees, string parameters,
        out long count, [In, Out] double[] results);

    [LibraryImport(Library)]
    private static partial int LGBM_BoosterFree(nint booster);

    [LibraryImport(Library)]
    private static partial int LGBM_DatasetFree(nint dataset);
}
