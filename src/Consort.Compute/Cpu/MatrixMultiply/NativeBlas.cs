using System.Runtime.InteropServices;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>Who multiplies matrices of floats.</summary>
public enum MatrixLibrary
{
    /// <summary>The kernels of this project: nothing else is needed, and bits do not depend on the number of threads.</summary>
    Managed,

    /// <summary>A BLAS that is installed on the machine, with as many threads; what they do to bits is its own affair.</summary>
    Native,
}

/// <summary>A BLAS found at run time by the name of its library, through <c>cblas_sgemm</c> with 32-bit sizes.</summary>
public static unsafe class NativeBlas
{
    private const string Function = "cblas_sgemm";

    private static readonly string[] Candidates =
    [
        "libopenblas.so.0", "libopenblas.so", "libopenblas.dylib", "libopenblas.dll", // OpenBLAS
        "libmkl_rt.so.2", "libmkl_rt.so", "libmkl_rt.dylib", "mkl_rt.2.dll", "mkl_rt.dll", // MKL
        "libblis-mt.so.5", "libblis-mt.so", "libblis.so.4", "libblis.so", "libblis.dylib", "AOCL-LibBlis-Win-MT-dll.dll", // BLIS, AOCL
        "/System/Library/Frameworks/Accelerate.framework/Accelerate",
    ];

    private static readonly nint Library = Open();

    /// <summary>The library's file name, or null where none was found.</summary>
    public static string? Name { get; private set; }

    /// <summary>Why there is none, naming what was looked for, or null where one was found.</summary>
    public static string? Missing => Multiply != null
        ? null
        : $"found no BLAS with {Function} on this machine, looked for {string.Join(", ", Candidates)}";

    // (order, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
    internal static readonly delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int,
        void> Multiply =
        Library == 0 ? null : (delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int,
            void>)NativeLibrary.GetExport(Library, Function);

    /// <summary>Sets the threads of all multiplies of this process from now on, if the library has a way to.</summary>
    internal static void SetThreads(int threads)
    {
        if (Library == 0) return;
        if (NativeLibrary.TryGetExport(Library, "openblas_set_num_threads", out var set)
            || NativeLibrary.TryGetExport(Library, "MKL_Set_Num_Threads", out set))
            ((delegate* unmanaged<int, void>)set)(threads);
        else if (NativeLibrary.TryGetExport(Library, "bli_thread_set_num_threads", out set))
            ((delegate* unmanaged<nint, void>)set)(threads);
    }

    private static nint Open()
    {
        foreach (var name in Candidates)
        {
            if (!NativeLibrary.TryLoad(name, out var library)) continue;
            if (NativeLibrary.TryGetExport(library, Function, out _))
            {
                Name = Path.GetFileName(name);
                return library;
            }
            NativeLibrary.Free(library);
        }
        return 0;
    }
}
